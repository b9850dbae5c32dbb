import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { buildBin } from '../../scripts/bundles.mjs';

const only = { write: false, absWorkingDir: fileURLToPath(new URL('../../', import.meta.url)) };

describe('the file that answers initialize', () => {
  it('contains no package, and initially loads only Node’s own modules', async () => {
    const { entry } = await buildBin(only);
    const [output] = Object.values(entry.metafile.outputs);
    const inputs = Object.keys(output?.inputs ?? {});
    expect(inputs).toContain('src/server/fronts/early-session.ts');
    expect(inputs.filter((file) => file.includes('node_modules'))).toEqual([]);
    const atOnce = output?.imports.filter(({ kind }) => kind !== 'dynamic-import') ?? [];
    expect(atOnce.filter(({ path }) => !path.startsWith('node:'))).toEqual([]);
  });
});
