import type { ServerResponse } from 'node:http';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from './cleanup.ts';
import { MemoryAgent, startHubHere } from './hub-here.ts';
import { eventually } from './processes.ts';
import { register, temporaryDirectory } from './registrations.ts';

/** How an instance sends its answer. */
export const TRANSPORTS = ['json', 'stream', 'batch', 'streamed batch'] as const;

export type Transport = (typeof TRANSPORTS)[number];

/** Writes bytes in separate chunks of `size`. */
async function writeIn(response: ServerResponse, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

/**
 * A server whose tools answer with given bytes, and an agent that is connected to it. `id` in the bytes is replaced by the
 * request id.
 */
export async function answering(options: Readonly<Record<string, readonly string[]>> = {}) {
  let next: { bytes: Buffer; transport: Transport; size: number } | null = null;
  const directory = temporaryDirectory();
  const server = await scripted.start({
    post: ({ message, response }) => {
      if (next === null || !('id' in message) || message.params?.arguments?.raw !== true) {
        return undefined;
      }
      const { bytes, transport, size } = next;
      const isStream = transport.startsWith('stream');
      const isBatch = transport.endsWith('batch');
      const frame = isBatch ? Buffer.concat([Buffer.from('['), bytes, Buffer.from(']')]) : bytes;
      response.writeHead(200, {
        'content-type': isStream ? 'text/event-stream' : 'application/json',
      });
      const whole = isStream
        ? Buffer.concat([Buffer.from('data: '), frame, Buffer.from('\n\n')])
        : frame;
      void writeIn(response, whole, size);
      return true;
    },
  });
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const hub = startHubHere(directory, options);
  const agent = new MemoryAgent(hub);
  await agent.initialize();
  await agent.call(1_000, 'instances_wait', { instance_id: 'one' });
  await agent.call(1_001, 'instances_connect', { instance_id: 'one' });
  await eventually(() => {
    if (server.streams.length < 2) throw new Error('no standing stream yet');
  });
  let last = 1;
  /** Calls the tool, answers with the bytes, and returns the frames that the agent received. */
  const ask = async (
    bytesOf: (id: number) => Buffer | string,
    transport: Transport = 'json',
    { size = 65_536, byHub = false, method = 'tools/call' } = {},
  ) => {
    last += 1;
    const id = last;
    next = { bytes: Buffer.from(bytesOf(id)), transport, size };
    const params = byHub
      ? {
          name: 'instances_call',
          arguments: { instance_id: 'one', tool: 'raw', arguments: { raw: true } },
        }
      : { name: 'raw', arguments: { raw: true } };
    agent.send({ jsonrpc: '2.0', id, method, params });
    return agent.answer(id);
  };
  return { agent, server, hub, ask };
}
