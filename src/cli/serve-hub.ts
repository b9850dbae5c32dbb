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

/** Milliseconds that calls under way are waited for when stdin has ended. */
const LAST_ANSWERS = 10_000;

/** Milliseconds after stdin's end in which answers may come before the agent is asked whether it still reads. */
const BEFORE_PING = 600;

/** No instance's question has an id like this: they are numbered. */
const PING = '{"jsonrpc":"2.0","id":"still-there","method":"ping"}';

/**
 * Makes the hub, and gives it the agent at `transport`. Resolves when the agent has gone, or with `signal`, and everything
 * is closed.
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
  // Before the first connection: later there may be no file descriptor for it.
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
 * Resolves when everything is answered that the agent has asked, 10 s at most. If that takes a moment, it writes a ping: if
 * the agent was killed, the transport breaks by that.
 */
async function lastAnswers(session: AgentSession, transport: StdioTransport): Promise<void> {
  const ping = setTimeout(() => transport.send(PING), BEFORE_PING).unref();
  const limit = new Promise<void>((resolve) => {
    setTimeout(resolve, LAST_ANSWERS).unref();
  });
  await Promise.race([session.idle(), limit]);
  clearTimeout(ping);
}

/** Makes the directory in which servers announce themselves, so that it can be watched from the start. */
function makeOwnDirectory(log: Logger): void {
  const directory = ownInstancesDirectory();
  try {
    makeDirectory(directory, { isNamed: false });
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    log.warn('the directory for registrations cannot be made', { directory, error: because });
  }
}
