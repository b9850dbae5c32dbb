import http from 'node:http';
import { expect, it } from '@jest/globals';
import { PageServer } from '../../src/inspector/page-server.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { eventually } from '../helpers/processes.ts';

it('a viewer that does not read is disconnected, without buffering for it', async () => {
  let sent = 0;
  let closed = 0;
  const message = JSON.stringify({ hub: 'h', type: 'steps', text: 'x'.repeat(2 ** 20) });
  const server = await PageServer.start({
    port: 0,
    source: {
      open: (send) => {
        const timer = setInterval(() => {
          send(message);
          sent += 1;
        }, 1);
        return {
          reconnect: () => false,
          close: () => {
            clearInterval(timer);
            closed += 1;
          },
        };
      },
    },
  });
  afterTest(() => server.close());
  const slow = http.get(`${server.url}events`, (response) => response.pause());
  slow.on('error', () => {});
  afterTest(() => slow.destroy());
  await eventually(() => expect(closed).toBe(1));
  // The buffers of the client and the kernel, and the limit.
  expect(sent).toBeLessThan(64);
});
