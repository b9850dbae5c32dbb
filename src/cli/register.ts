import { delimiter, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { ownInstancesDirectory } from '../paths.ts';
import { printable } from '../printable.ts';
import { announce } from '../registration/announce.ts';
import { parseRegistration } from '../registration/schema.ts';
import { parseOwnArguments } from './arguments.ts';
import { untilSignalled } from './until-signalled.ts';

const PARAMETERS = ['name', 'port', 'id', 'path', 'pid', 'instances-dir'] as const;

/** `signalbox register`: announces a server that listens, until it is signalled. */
export async function registerCommand(args: readonly string[]): Promise<void> {
  const options = parseOwnArguments(
    args,
    PARAMETERS.map((name) => ({ name, takes: 'value' })),
  );
  const text = (name: (typeof PARAMETERS)[number]) => {
    const value = options[name]?.at(-1);
    return typeof value === 'string' ? value : undefined;
  };
  for (const each of ['path', 'instances-dir'] as const) {
    if (text(each) === '') throw new UsageError(`--${each}: "" is not a path`);
  }
  const name = text('name');
  if (name === undefined) throw new UsageError('register needs --name');
  const [id, pid] = [text('id'), text('pid')];
  const announcement = {
    ...(id === undefined ? {} : { id }),
    name,
    path: resolve(text('path') ?? '.'),
    port: number('--port', text('port')),
    ...(pid === undefined ? {} : { pid: number('--pid', pid) }),
  };
  // What the hub would refuse is not written in the first place.
  const parsed = parseRegistration(JSON.stringify({ id: 'free', ...announcement }), {
    file: '',
    allowHosts: [],
  });
  if ('reason' in parsed) throw new UsageError(`--${parsed.reason}`);

  // Before there is a file: a signal that comes as soon as it is there must find somebody who takes it back.
  const signalled = untilSignalled();
  const directory = text('instances-dir') ?? firstOf(process.env['SIGNALBOX_INSTANCES_DIR']);
  const { remove, ...known } = announce(
    resolve(directory ?? ownInstancesDirectory()),
    announcement,
  );
  process.once('exit', remove);
  process.stdout.write(
    `Registered ${printable(known.name)} as ${known.id}, port ${announcement.port}: ${printable(known.file)}\n` +
      'It is listed by: signalbox list. Ctrl-C takes it back.\n',
  );
  await signalled;
  remove();
}

/** The first directory of a list of them: all are watched, one is written to. */
function firstOf(directories: string | undefined): string | undefined {
  return directories?.split(delimiter).find(Boolean);
}

function number(option: string, text: string | undefined): number {
  if (text === undefined) throw new UsageError(`register needs ${option}`);
  if (!/^\d{1,10}$/.test(text)) {
    throw new UsageError(`${option}: ${printable(JSON.stringify(text))} is not a whole number`);
  }
  return Number(text);
}
