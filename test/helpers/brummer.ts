import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { eventually, startProcess } from './processes.ts';
import { temporaryDirectory } from './registrations.ts';

const FIXTURE = fileURLToPath(new URL('../fixtures/brummer.mjs', import.meta.url));

/** The binary of the real Brummer, if the environment names it. */
const BRUM = process.env['BRUM'];

/** What tests can run as Brummer: always the fixture, and the real one if `BRUM` names its binary. */
export const BRUMMERS = ['the fixture', ...(BRUM ? ['the real one'] : [])];

const registration = z.strictObject({
  id: z.string(),
  name: z.string(),
  directory: z.string(),
  port: z.number(),
  started_at: z.iso.datetime(),
  last_ping: z.iso.datetime(),
  process_info: z.strictObject({ pid: z.number(), executable: z.string() }),
});

type BrummerRegistration = z.infer<typeof registration>;

/** A runtime directory, and a project with identifiable scripts. */
export function brummerHome(project = 'shop') {
  const runtime = temporaryDirectory();
  const path = join(temporaryDirectory(), project);
  const scripts = { dev: 'node -e "setTimeout(() => {}, 60000)"', build: `echo ${project}` };
  mkdirSync(path);
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: project, scripts }));
  /** The directory that Brummer registers in. */
  const instances = join(runtime, 'brummer', 'instances');
  return { runtime, instances, project, path, scripts };
}

export interface Brummer {
  readonly child: ChildProcess;
  readonly registration: BrummerRegistration;
  readonly url: string;
  /** Sends a signal and waits for the process to end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts one of {@link BRUMMERS} and waits until it has registered. Without `port`, uses the next free one. */
export async function startBrummer(
  kind: string,
  { runtime, instances, project, path, scripts }: ReturnType<typeof brummerHome>,
  port: number,
): Promise<Brummer> {
  const args =
    kind === 'the real one'
      ? ['--no-tui', '--no-proxy', '-d', path, '-p', `${port}`]
      : Object.entries({ name: project, path, directory: instances, port }).flatMap(
          ([name, value]) => [`--${name}`, `${value}`],
        );
  const child =
    kind === 'the real one'
      ? startProcess(BRUM ?? '', args, { XDG_RUNTIME_DIR: runtime, HOME: runtime })
      : startProcess(process.execPath, [FIXTURE, ...args, '--scripts', JSON.stringify(scripts)]);
  child.stdout?.resume();
  child.stderr?.resume();
  const announced = await eventually(() => {
    const own = registrationsIn(instances).find(
      ({ process_info }) => process_info.pid === child.pid,
    );
    if (own === undefined) throw new Error('Brummer has not registered');
    return own;
  });
  return {
    child,
    registration: announced,
    url: `http://127.0.0.1:${announced.port}/mcp`,
    end: async (signal) => {
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
  };
}

/** The contents of Brummer's files, including those of ended processes. */
export function registrationsIn(instances: string): BrummerRegistration[] {
  return readdirSync(instances)
    .filter((name) => name.endsWith('.json'))
    .map((name) => registration.parse(JSON.parse(readFileSync(join(instances, name), 'utf8'))));
}
