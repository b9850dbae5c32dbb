import type { Config } from '../config/config.ts';
import { EarlySession } from '../server/fronts/early-session.ts';
import { StdioTransport } from '../server/fronts/stdio.ts';
import { VERSION } from '../version.ts';
import { untilSignalled } from './until-signalled.ts';

/** Milliseconds to wait for the agent's first message. Loading the hub earlier would delay the answer to `initialize`. */
const FIRST_WORD = 100;

/**
 * `signalbox hub`: the MCP stdio server. Answers `initialize` before the hub is loaded. Ends when the agent has gone, or at
 * SIGTERM or SIGINT. Resolves once everything is closed.
 */
export async function runHub(config: Config): Promise<void> {
  if (process.stdin.isTTY) {
    console.error('This is an MCP server: it waits for an agent on stdin. See signalbox --help.');
  }
  // Also a signal that comes while the hub is being loaded ends it properly.
  const signalled = untilSignalled();
  const transport = new StdioTransport(process.stdin, process.stdout);
  const early = new EarlySession((frame) => transport.send(frame), VERSION);
  transport.start(early);
  const patience = new Promise<void>((resolve) => {
    setTimeout(resolve, FIRST_WORD).unref();
  });
  await Promise.race([early.spoken, transport.closed, signalled, patience]);
  const { serveHub } = await import('./serve-hub.ts');
  await serveHub(config, transport, early, signalled);
}
