import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { BIN, exitOf, startProcess } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'a', version: '1' },
  },
});

describe('signalbox hub', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with code 0 on %s right after the first answer, while the hub is being loaded',
    async (signal) => {
      const hub = startProcess(process.execPath, [
        ...[BIN, 'hub', '--instances-dir', temporaryDirectory()],
      ]);
      hub.stdin?.write(`${INITIALIZE}\n`);
      await once(hub.stdout ?? hub, 'data');
      hub.kill(signal);
      expect(await exitOf(hub)).toBe(0);
      expect(hub.signalCode).toBeNull();
    },
  );
});
