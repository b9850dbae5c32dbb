import { chmodSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import type { RefusalCode } from '../../machines/model.ts';
import * as plainPost from '../fixtures/plain-post.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

/** Turns a valid registration file into one that is refused. */
type Spoil = (file: string, port: number, directory: string) => void;

it.each<[string, RefusalCode, string, Spoil]>([
  [
    'others can write',
    'WRITABLE_BY_OTHERS',
    'can be written by others',
    (file) => chmodSync(file, 0o666),
  ],
  [
    'is a link',
    'SYMBOLIC_LINK',
    'symbolic link',
    (file) => {
      renameSync(file, `${file}.elsewhere`);
      symlinkSync(`${file}.elsewhere`, file);
    },
  ],
  [
    'has the id of another file',
    'ID_TAKEN',
    'already held by',
    (file, port, directory) => {
      register(directory, { id: 'good', port });
      renameSync(join(directory, 'good.json'), file);
    },
  ],
  [
    'names another host',
    'HOST_NOT_ALLOWED',
    'loopback',
    (_, port, directory) => {
      const url = `http://192.0.2.1:${port}/mcp`;
      register(directory, { id: 'odd', port, url });
    },
  ],
])('a registration that %s is not contacted', async (_, code, reason, spoil) => {
  const directory = temporaryDirectory();
  const good = await plainPost.start();
  afterTest(good.close);
  const other = await plainPost.start();
  afterTest(other.close);
  let connections = 0;
  other.server.on('connection', () => {
    connections += 1;
  });
  spoil(register(directory, { id: 'odd', port: other.port }), other.port, directory);
  register(directory, { id: 'good', port: good.port });
  const hub = startHubHere(directory);
  await hub.settled(10_000);
  await eventually(() =>
    expect(hub.instances()).toMatchObject([{ id: 'good', port: good.port, state: 'active' }]),
  );
  expect(hub.refusals()).toMatchObject([
    {
      origin: { kind: 'file', file: join(directory, 'odd.json') },
      code,
      reason: expect.stringContaining(reason),
    },
  ]);
  expect(connections).toBe(0);
});
