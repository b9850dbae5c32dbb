import { describe, expect, it } from '@jest/globals';
import {
  ClientNotificationSchema,
  ClientRequestSchema,
  ServerNotificationSchema,
  ServerRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import type { Frame } from '../helpers/frame-agent.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

/** The methods in one of the SDK's unions, which contain everything in the specification. */
function methodsOf(union: {
  readonly options: readonly { readonly shape: { readonly method: { readonly value: string } } }[];
}): string[] {
  return union.options.map(({ shape }) => shape.method.value);
}

/** Methods that the hub answers itself; other tests cover them. */
const PER_HOP = ['ping', 'initialize', 'notifications/initialized', 'notifications/cancelled'];

const crossing = (methods: string[]) => methods.filter((method) => !PER_HOP.includes(method));

const CAPABILITIES = {
  tools: {},
  resources: { subscribe: true },
  prompts: {},
  completions: {},
  logging: {},
  tasks: {},
};

/** Members that no schema knows, and some that schemas know. */
const PARAMS = {
  name: 'a',
  uri: 'test://a',
  level: 'info',
  taskId: 't-1',
  mode: 'url',
  url: 'https://example.com/',
  elicitationId: 'e-1',
  progressToken: 'p',
  _meta: { progressToken: 'p', 'example.com/x': [1] },
  unknown: { deep: [null, 1.5, 'ü'] },
};

/** Answers every request except lists with its own parameters. */
async function connected() {
  const directory = temporaryDirectory();
  const server = await scripted.start({
    capabilities: CAPABILITIES,
    post: ({ message: { id, method, params }, json }) => {
      if (params?.hang) return true;
      if (id === undefined || params?.unknown === undefined || method.endsWith('/list'))
        return undefined;
      // A tool result without content would be repaired for the agent.
      json({ jsonrpc: '2.0', id, result: { method, params, content: [] }, 'x-more': true });
      return true;
    },
  });
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const agent = new MemoryAgent(startHubHere(directory));
  await agent.initialize({ roots: {}, sampling: {}, elicitation: { url: {} }, tasks: {} });
  await agent.call(1_000, 'instances_wait', { instance_id: 'one' });
  await agent.call(1_001, 'instances_connect', { instance_id: 'one' });
  await eventually(() => expect(server.streams).toHaveLength(2));
  return { agent, server };
}

const isMine = ({ params }: Frame) => params?.unknown !== undefined;

describe('every message of the specification', () => {
  it.each(crossing(methodsOf(ClientRequestSchema)).filter((method) => !method.endsWith('/list')))(
    '%s of the agent, and its answer, cross as they are',
    async (method) => {
      const { agent, server } = await connected();
      const request = { jsonrpc: '2.0', id: 7, method, params: PARAMS };
      agent.send(request);
      expect(await agent.answer(7)).toEqual({
        jsonrpc: '2.0',
        id: 7,
        result: { method, params: PARAMS, content: [] },
        'x-more': true,
      });
      expect(server.of(method).filter(isMine)).toEqual([request]);
    },
  );

  it.each(methodsOf(ClientRequestSchema).filter((method) => method.endsWith('/list')))(
    '%s of the agent reaches the instance as it is',
    async (method) => {
      const { agent, server } = await connected();
      const request = { jsonrpc: '2.0', id: 7, method, params: { unknown: PARAMS.unknown } };
      agent.send(request);
      await agent.answer(7);
      expect(server.of(method).filter(isMine)).toEqual([request]);
    },
  );

  it.each(crossing(methodsOf(ClientNotificationSchema)))(
    '%s of the agent crosses as it is',
    async (method) => {
      const { agent, server } = await connected();
      const notification = { jsonrpc: '2.0', method, params: PARAMS };
      agent.send(notification);
      await eventually(() => expect(server.of(method).filter(isMine)).toEqual([notification]));
    },
  );

  it.each(crossing(methodsOf(ServerRequestSchema)))(
    '%s of the instance, and its answer, cross as they are',
    async (method) => {
      const { agent, server } = await connected();
      server.streams[1]?.write(
        `data: ${JSON.stringify({ jsonrpc: '2.0', id: 0, method, params: PARAMS })}\n\n`,
      );
      const { id, ...question } = await agent.next(
        (frame) => frame['method'] === method && isMine(frame),
      );
      expect(question).toEqual({ jsonrpc: '2.0', method, params: PARAMS });
      const answer = { result: { any: [PARAMS] }, 'x-more': 1 };
      agent.send({ jsonrpc: '2.0', id, ...answer });
      await eventually(() => {
        const answers = server.messages.filter((message) => !('method' in message));
        expect(answers).toEqual([{ jsonrpc: '2.0', id: 0, ...answer }]);
      });
    },
  );

  it.each(crossing(methodsOf(ServerNotificationSchema)))(
    '%s of the instance crosses as it is',
    async (method) => {
      const { agent, server } = await connected();
      const notification = { jsonrpc: '2.0', method, params: PARAMS };
      // Progress is only passed on for calls in flight.
      const { _meta } = PARAMS;
      agent.send({ jsonrpc: '2.0', id: 8, method: 'made/up', params: { hang: true, _meta } });
      server.streams[1]?.write(`data: ${JSON.stringify(notification)}\n\n`);
      expect(await agent.next((frame) => frame['method'] === method && isMine(frame))).toEqual(
        notification,
      );
    },
  );
});
