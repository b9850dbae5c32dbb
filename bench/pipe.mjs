// A minimal bridge from stdio to Streamable HTTP, as the baseline for the hub. It has no supervision, reconnection, cancellation
// or merged lists. node pipe.mjs URL
import http from 'node:http';

const url = new URL(process.argv[2] ?? '');
const agent = new http.Agent({ keepAlive: true });
const headers = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};
let session;

function post(body) {
  const extra = session === undefined ? {} : { 'mcp-session-id': session };
  const length = { 'content-length': Buffer.byteLength(body) };
  const request = http.request(
    url,
    { method: 'POST', agent, headers: { ...headers, ...extra, ...length } },
    (response) => {
      session ??= response.headers['mcp-session-id'];
      const isStream = response.headers['content-type']?.startsWith('text/event-stream');
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (!isStream) {
          if (text !== '') process.stdout.write(`${text}\n`);
          return;
        }
        for (const [, data] of text.matchAll(/^data: (.+)$/gm)) process.stdout.write(`${data}\n`);
      });
    },
  );
  request.end(body);
}

let parts = [];
process.stdin.on('data', (chunk) => {
  let start = 0;
  for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
    parts.push(chunk.subarray(start, end));
    post(Buffer.concat(parts).toString());
    parts = [];
    start = end + 1;
  }
  parts.push(chunk.subarray(start));
});
process.stdin.on('end', () => process.exit());
