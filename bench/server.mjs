// A server with minimal cost of its own, so that the benchmarks measure the path to it. Tools: echo, big {bytes}.
// --sse answers with event streams.
import { createServer } from 'node:http';

const isStream = process.argv.includes('--sse');
const tools = ['echo', 'big'].map((name) => ({ name, inputSchema: { type: 'object' } }));
const texts = new Map();

function answer({ method, params }) {
  if (method === 'initialize') {
    return {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'bench', version: '1' },
    };
  }
  if (method === 'tools/list') return { tools };
  if (method !== 'tools/call') return {};
  const { name, arguments: args } = params;
  if (name === 'big' && !texts.has(args.bytes)) texts.set(args.bytes, 'x'.repeat(args.bytes));
  return { content: [{ type: 'text', text: name === 'big' ? texts.get(args.bytes) : args.text }] };
}

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const message = JSON.parse(Buffer.concat(chunks).toString());
    if (message.id === undefined) {
      response.writeHead(202).end();
      return;
    }
    const text = JSON.stringify({ result: answer(message), jsonrpc: '2.0', id: message.id });
    response.writeHead(200, {
      'content-type': isStream ? 'text/event-stream' : 'application/json',
    });
    response.end(isStream ? `event: message\ndata: ${text}\n\n` : text);
  });
});
server.listen(0, '127.0.0.1', () =>
  console.log(JSON.stringify({ port: server.address().port, pid: process.pid })),
);
