import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import * as z from 'zod';
import { renderTable } from './table.ts';
import { untilSignalled } from './until-signalled.ts';

/** Milliseconds for which each state is shown. */
const SHOWN = 6_000;

const answer = z.object({
  content: z.array(z.object({ text: z.string() })),
  structuredContent: z
    .object({
      instances: z.array(
        z.object({ name: z.string(), state: z.string(), port: z.number(), pid: z.number() }),
      ),
    })
    .partial()
    .optional(),
  isError: z.boolean().optional(),
});

const [bin = ''] = process.argv.slice(1);

/**
 * `signalbox demo`: starts real MCP servers. An agent finds them through a hub, uses one, and continues to use it after it
 * is killed and restarted. With `inspect`, prints the address of the hub's page and keeps killing and restarting one server
 * until it is signalled.
 */
export async function runDemo(print: (line: string) => void, inspect: boolean): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-demo-'));
  const servers = new Set<ChildProcess>();
  const agent = new Client({ name: 'demo-agent', version: '1.0.0' });
  const signalled = untilSignalled();
  const start = async (name: string) => {
    const child = spawn(process.execPath, [bin, 'demo-instance', name, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    servers.add(child);
    await once(child.stdout, 'data');
    return child;
  };
  const call = async (name: string, args: Record<string, unknown> = {}) => {
    const began = performance.now();
    const params = { name, arguments: args };
    const { content, structuredContent, isError } = await agent.request(
      { method: 'tools/call', params },
      answer,
    );
    const text = content.map((each) => each.text).join('');
    if (isError) throw new Error(`${name}: ${text}`);
    return { text, structuredContent, took: Math.round(performance.now() - began) };
  };

  const script = async () => {
    print(
      'Starting two MCP servers, each on its own port. The agent has one entry: signalbox hub.\n',
    );
    const web = await start('web');
    await start('api');
    const options = ['--instances-dir', directory, '--log-level', 'warn', '--no-auto-connect'];
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [bin, 'hub', ...options, ...(inspect ? ['--inspect'] : [])],
      stderr: 'pipe',
    });
    transport.stderr?.on('data', (chunk) => process.stderr.write(chunk));
    await agent.connect(transport);

    const { structuredContent } = await call('instances_list');
    const rows = structuredContent?.instances ?? [];
    print(
      `agent: instances_list\n${indent(
        renderTable(
          ['NAME', 'STATE', 'PORT', 'PID'],
          rows.map(({ name, state, port, pid }) => [name, state, String(port), String(pid)]),
        ),
      )}`,
    );

    const connected = await call('instances_connect', { instance_id: 'web' });
    const { tools } = await agent.listTools();
    print(
      `agent: instances_connect web\n  connected in ${connected.took} ms; tools/list: ${tools.map(({ name }) => name).join(' ')}`,
    );
    print(`agent: hello\n  ${(await call('hello')).text}`);

    web.kill('SIGKILL');
    const away = await call('instances_wait', { instance_id: 'web', state: 'retrying' });
    print(`web is killed (kill -9)\n  retrying, known to the agent ${away.took} ms later`);

    const waiting = call('hello');
    const again = await start('web');
    const { text, took } = await waiting;
    print(
      `agent: hello, while web is away; then web is started again, on another port\n  ${text} (the call waited ${took} ms and was sent once)`,
    );

    print(
      `agent: instances_call api hello, without connecting\n  ${(await call('instances_call', { instance_id: 'api', tool: 'hello' })).text}`,
    );
    print('\nTo add the hub to your agent: signalbox install CLIENT');
    return again;
  };

  try {
    const ended = await Promise.race([script(), signalled]);
    if (inspect && ended) await Promise.race([dieAndComeBack(ended, start, print), signalled]);
  } finally {
    await agent.close();
    for (const server of servers) server.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Keeps killing and restarting the server. */
async function dieAndComeBack(
  server: ChildProcess,
  start: (name: string) => Promise<ChildProcess>,
  print: (line: string) => void,
): Promise<never> {
  print(
    'Open the address above. The demo now keeps killing and restarting web. Press Ctrl-C to stop.',
  );
  for (let web = server; ; ) {
    await pause(SHOWN);
    web.kill('SIGKILL');
    print('web is killed');
    await pause(SHOWN);
    web = await start('web');
    print('web is started again');
  }
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}
