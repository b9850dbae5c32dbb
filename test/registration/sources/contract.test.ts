import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DirectorySource } from '../../../src/registration/sources/directory.ts';
import { temporaryDirectory } from '../../helpers/registrations.ts';
import { fields, fileOrigin, put } from './observer.ts';
import { describeSource } from './source-contract.ts';

describeSource('a directory', async () => {
  const directory = temporaryDirectory();
  const fileOf = (name: string) => join(directory, `${name}.json`);
  return {
    source: () => new DirectorySource({ directories: [directory], allowHosts: [] }),
    put: async (name, { id, port }) => {
      put(fileOf(name), fields(id, { port }));
      return fileOrigin(fileOf(name));
    },
    spoil: async (name) => writeFileSync(fileOf(name), '{"id": "we', { mode: 0o600 }),
    remove: async (name) => rmSync(fileOf(name)),
    end: async () => {},
  };
});
