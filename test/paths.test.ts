import { describe, expect, it } from '@jest/globals';
import {
  defaultInstancesDirectories,
  ownInstancesDirectory,
  type Surroundings,
} from '../src/paths.ts';

const LINUX: Surroundings = { env: {}, platform: 'linux', home: '/home/me', tmp: '/tmp' };
const WINDOWS: Surroundings = {
  env: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
  platform: 'win32',
  home: 'C:\\Users\\me',
  tmp: 'C:\\Temp',
};
const withRuntime = (path: string) => ({ ...LINUX, env: { XDG_RUNTIME_DIR: path } });

describe('the own instances directory', () => {
  it('is in the runtime directory, where there is one', () => {
    expect(ownInstancesDirectory(withRuntime('/run/user/1000'))).toBe(
      '/run/user/1000/signalbox/instances',
    );
  });

  it.each([LINUX, withRuntime(''), withRuntime('relative')])(
    'is in the home otherwise',
    (where) => {
      expect(ownInstancesDirectory(where)).toBe('/home/me/.local/share/signalbox/instances');
    },
  );

  it('is in APPDATA on Windows', () => {
    const own = 'C:\\Users\\me\\AppData\\Roaming\\signalbox\\instances';
    expect(ownInstancesDirectory(WINDOWS)).toBe(own);
    expect(ownInstancesDirectory({ ...WINDOWS, env: {} })).toBe(own);
  });
});

describe('the default instances directories', () => {
  it("are the own one, then Brummer's", () => {
    expect(defaultInstancesDirectories(withRuntime('/run/user/1000'))).toEqual([
      '/run/user/1000/signalbox/instances',
      '/run/user/1000/brummer/instances',
      '/tmp/brummer/instances',
      '/home/me/.local/share/brummer/instances',
    ]);
    expect(defaultInstancesDirectories(LINUX)).toEqual([
      '/home/me/.local/share/signalbox/instances',
      '/tmp/brummer/instances',
      '/home/me/.local/share/brummer/instances',
    ]);
  });

  it('are spelled as Windows spells them there', () => {
    expect(defaultInstancesDirectories(WINDOWS)[1]).toBe('C:\\Temp\\brummer\\instances');
  });
});
