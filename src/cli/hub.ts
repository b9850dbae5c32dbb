import { type Config, resolveConfig } from '../config.ts';
import type { Hub } from '../create-hub.ts';
import { createLogger, type Logger } from '../log.ts';
import { StdioTransport } from '../server/stdio.ts';
import { parseHubArguments } from './arguments.ts';
import type { Inspection } from './inspection.ts';
import { startHub } from './start-hub.ts';
import { untilSignalled } from './until-signalled.ts';

/** Milliseconds that calls under way are waited for when stdin has ended. */
const LAST_ANSWERS = 10_000;

/**
 * `signalbox hub`: the MCP stdio server. Resolves when the agent has gone, or by SIGTERM or SIGINT, and everything is
 * closed.
 */
export async function hubCommand(args: readonly string[]): Promise<void> {
  const config = resolveConfig(parseHubArguments(args), process.env, process.cwd());
  if (process.stdin.isTTY) {
    console.error('This is an MCP server: it waits for an agent on stdin. See signalbox --help.');
  }
  const log = createLogger(config.logLevel);
  const hub = await startHub(config, log);
  const transport = new StdioTransport(process.stdin, process.stdout);
  const session = hub.openSession((frame) => transport.send(frame));
  transport.start(session);
  const stopInspection = inspectLater(hub, config, log);

  const signalled = untilSignalled().then(() => 'signal' as const);
  const ended = await Promise.race([signalled, transport.closed.then(() => 'end' as const)]);
  log.debug('stopping', { because: ended });
  if (ended === 'end') {
    const limit = new Promise<void>((resolve) => {
      setTimeout(resolve, LAST_ANSWERS).unref();
    });
    await Promise.race([session.idle(), limit, signalled]);
  }
  await Promise.all([hub.stop(), stopInspection()]);
  await transport.flush();
}

/** Offers the hub to those who want to look, after the agent's first answers. Returns the end of that. */
function inspectLater(hub: Hub, { inspect, settle }: Config, log: Logger): () => Promise<void> {
  let stopped = false;
  let started: Promise<Inspection> | null = null;
  void hub.settled(settle).then(() => {
    if (stopped) return;
    started = import('./inspection.ts').then(({ startInspection }) =>
      startInspection(hub, inspect, log),
    );
  });
  return async () => {
    stopped = true;
    await (await started)?.close();
  };
}
