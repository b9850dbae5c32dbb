// A minimal supervisor of many instances, as a baseline: it only pings them over node:http, at the hub's interval and in the
// same twenty batches. node pinger.mjs COUNT PORT
import http from 'node:http';

const [, , count, port] = process.argv.map(Number);
const INTERVAL = 5_000;
const BATCHES = 20;

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

let batch = 0;
setInterval(() => {
  for (let instance = batch; instance < count; instance += BATCHES) ping(instance);
  batch = (batch + 1) % BATCHES;
}, INTERVAL / BATCHES);
