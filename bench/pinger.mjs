// The least that can keep watch over many instances: nothing but their pings over node:http, as often as the hub's, in the
// same twenty beats. node pinger.mjs COUNT PORT
import http from 'node:http';

const [, , count, port] = process.argv.map(Number);
const INTERVAL = 5_000;
const BEATS = 20;

function ping(instance) {
  const body = `{"jsonrpc":"2.0","id":"ping:${instance}","method":"ping"}`;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': body.length,
  };
  http
    .request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => JSON.parse(Buffer.concat(chunks).toString()));
    })
    .end(body);
}

let beat = 0;
setInterval(() => {
  for (let instance = beat; instance < count; instance += BEATS) ping(instance);
  beat = (beat + 1) % BEATS;
}, INTERVAL / BEATS);
