import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { checkNodeVersion } from '../../src/doctor/node-version.ts';

describe('the version of Node', () => {
  it.each([
    ['v20.19.0', 'ok'],
    ['v20.20.2', 'ok'],
    ['v22.1.0', 'ok'],
    ['v100.0.0', 'ok'],
    ['v20.18.9', 'problem'],
    ['v18.20.4', 'problem'],
    ['v8.99.99', 'problem'],
  ])('%s, when >=20.19 is needed: %s', (version, level) => {
    const finding = checkNodeVersion(version, '>=20.19');
    expect(finding).toMatchObject({
      check: 'node',
      level,
      says: `${version}, and >=20.19 is needed`,
    });
    expect(finding.remedy === null).toBe(level === 'ok');
  });

  it('is compared with every part of the required version', () => {
    expect(checkNodeVersion('v20.19.3', '>=20.19.4').level).toBe('problem');
    expect(checkNodeVersion('v20.19.4', '>=20.19.4').level).toBe('ok');
    expect(checkNodeVersion('v20.0.0', '>=20').level).toBe('ok');
  });

  it('is required in the only supported form', () => {
    const { engines } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect(engines.node).toMatch(/^>=\d+(\.\d+){0,2}$/);
  });
});
