import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { registerInstance } from '../instance.ts';
import { untilSignalled } from './until-signalled.ts';

/**
 * An ordinary MCP server, written with the official SDK. It listens on a free loopback port and registers itself in
 * `directory`.
 */
export async function runDemoInstance(name: string, directory: string): Promise<void> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const server = createServer(async (request, response) => {
    const known = sessions.get(String(request.headers['mcp-session-id']));
    if (known !== undefined) {
      await known.handleRequest(request, response);
      return;
    }
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        sessions.set(id, transport);
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    // The SDK's own transport doesn't fit its own interface under exactOptionalPropertyTypes.
    await tools(name).connect(transport as Parameters<McpServer['connect']>[0]);
    await transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = registerInstance({
    id: `${name}-demo`,
    name,
    path: directory,
    server,
    directory,
  });
  process.stdout.write(`${port}\n`);
  await untilSignalled();
}

function tools(name: string): McpServer {
  const server = new McpServer(
    { name, version: '1.0.0' },
    { instructions: `The ${name} project. Call hello to see which process answers.` },
  );
  server.registerTool('hello', { description: `Says hello from ${name}` }, () => ({
    content: [{ type: 'text', text: `Hello from ${name}, pid ${process.pid}` }],
  }));
  return server;
}
