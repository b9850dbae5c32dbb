import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';
import { createLogger, type Logger } from '../log.ts';
import { ownInstancesDirectory } from '../paths.ts';
import type { AgentSession } from '../server/agent-session.ts';
import type { EarlySession } from '../server/fronts/early-session.ts';
import type { StdioTransport } from '../server/fronts/stdio.ts';
import { makeDirectory } from '../trust.ts';
import { LateInspection } from './late-inspection.ts';
import { startHub } from './start-hub.ts';

/** Milliseconds to wait for calls in flight after stdin has ended. */
const LAST_ANSWERS = 10_000;

/** Milliseconds after the end of stdin until a ping tests whether the agent still reads. */
const BEFORE_PING = 600;

/** Requests from instances have numeric ids, so they can't have this one. */
const PING = '{"jsonrpc":"2.0","id":"still-there","method":"ping"}';

/**
 * Creates the hub, with a session for the agent at `transport`. Ends when the agent has gone, or with `signal`.
 * Resolves once everything is closed.
 */
export async function serveHub(
  config: Config,
  transport: StdioTransport,
  early: EarlySession,
  signal: Promise<void>,
): Promise<void> {
  const log = createLogger(config.logLevel);
  if (config.instancesDirs === null) makeOwnDirectory(log);
  const offer = new LateInspection(config, log);
  // Before the first connection: later there may be no file descriptor left.
  const hub: Hub = await startHub(config, log, () => offer.start(hub));
  const session = early.handOver((toAgent) => hub.openSession(toAgent));
  void hub.settled(config.settle).then(() => offer.start(hub));

  const signalled = signal.then(() => 'signal' as const);
  const broken = transport.broken.then(() => 'stdout closed' as const);
  const closed = transport.closed.then(() => 'stdin ended' as const);
  let because = await Promise.race([signalled, broken, closed]);
  if (because === 'stdin ended') {
    const answered = lastAnswers(session, transport).then(() => because);
    because = await Promise.race([signalled, broken, answered]);
  }
  log.debug('stopping', { because });
  await Promise.all([hub.stop(), offer.stop()]);
  await transport.flush();
}

/**
 * Resolves when all requests of the agent are answered, after 10 s at most. If that takes long, writes a ping: if the agent
 * was killed, the write fails and breaks the transport.
 */
async function lastAnswers(session: AgentSession, transport: StdioTransport): Promise<void> {
  const ping = setTimeout(() => transport.send(PING), BEFORE_PING).unref();
  const limit = new Promise<void>((resolve) => {
    setTimeout(resolve, LAST_ANSWERS).unref();
  });
  await Promise.race([session.idle(), limit]);
  clearTimeout(ping);
}

/** Creates the directory for registrations, so that it can be watched from the start. */
function makeOwnDirectory(log: Logger): void {
  const directory = ownInstancesDirectory();
  try {
    makeDirectory(directory, { isNamed: false });
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    log.warn('cannot create the directory for registrations', { directory, error: because });
  }
}
