import { describe, expect, it } from '@jest/globals';
import {
  announcementDirectory,
  defaultInstancesDirectories,
  hubsDirectories,
  hubsDirectory,
  ownInstancesDirectory,
  type Surroundings,
} from '../src/paths.ts';

const LINUX: Surroundings = {
  env: {},
  platform: 'linux',
  home: '/home/me',
  tmp: '/tmp',
  uid: 1000,
};
const WINDOWS: Surroundings = {
  env: { APPDATA: 'C:\\Users\\me\\AppData\\Roaming' },
  platform: 'win32',
  home: 'C:\\Users\\me',
  tmp: 'C:\\Temp',
};
const withRuntime = (path: string) => ({ ...LINUX, env: { XDG_RUNTIME_DIR: path } });

describe('the own instances directory', () => {
  it('is in the runtime directory, if there is one', () => {
    expect(ownInstancesDirectory(withRuntime('/run/user/1000'))).toBe(
      '/run/user/1000/signalbox/instances',
    );
  });

  it.each([LINUX, withRuntime(''), withRuntime('relative')])(
    'is in the home directory otherwise',
    (where) => {
      expect(ownInstancesDirectory(where)).toBe('/home/me/.local/share/signalbox/instances');
    },
  );

  it('is in APPDATA on Windows', () => {
    const own = 'C:\\Users\\me\\AppData\\Roaming\\signalbox\\instances';
    expect(ownInstancesDirectory(WINDOWS)).toBe(own);
    expect(ownInstancesDirectory({ ...WINDOWS, env: {} })).toBe(own);
  });

  it('is written to unless the environment names another directory', () => {
    expect(announcementDirectory(LINUX)).toEqual({
      directory: '/home/me/.local/share/signalbox/instances',
      isNamed: false,
    });
    const env = { SIGNALBOX_INSTANCES_DIR: ':/a:/b' };
    expect(announcementDirectory({ ...LINUX, env })).toEqual({ directory: '/a', isNamed: true });
  });
});

describe('the default instances directories', () => {
  it("are all directories that own processes may use, then Brummer's", () => {
    expect(defaultInstancesDirectories(withRuntime('/xdg'))).toEqual([
      '/xdg/signalbox/instances',
      '/run/user/1000/signalbox/instances',
      '/home/me/.local/share/signalbox/instances',
      '/xdg/brummer/instances',
      '/run/user/1000/brummer/instances',
      '/tmp/brummer/instances',
      '/home/me/.local/share/brummer/instances',
    ]);
  });

  it('contain each directory once', () => {
    const expected = [
      '/run/user/1000/signalbox/instances',
      '/home/me/.local/share/signalbox/instances',
      '/run/user/1000/brummer/instances',
      '/tmp/brummer/instances',
      '/home/me/.local/share/brummer/instances',
    ];
    expect(defaultInstancesDirectories(withRuntime('/run/user/1000/'))).toEqual(expected);
    expect(defaultInstancesDirectories(LINUX)).toEqual(expected);
  });

  it('are the same with and without XDG_RUNTIME_DIR, so that agents find servers', () => {
    const [terminal, agent] = [withRuntime('/run/user/1000'), LINUX];
    for (const [writer, watcher] of [
      [terminal, agent],
      [agent, terminal],
    ] as const) {
      expect(defaultInstancesDirectories(watcher)).toContain(ownInstancesDirectory(writer));
      expect(hubsDirectories(watcher)).toContain(hubsDirectory(writer));
    }
  });

  it('contain /run/user only on Linux', () => {
    const mac: Surroundings = { ...LINUX, platform: 'darwin' };
    expect(defaultInstancesDirectories(mac).join()).not.toContain('/run/user');
  });

  it('are Windows paths on Windows', () => {
    expect(defaultInstancesDirectories(WINDOWS)[1]).toBe('C:\\Temp\\brummer\\instances');
    expect(hubsDirectories(WINDOWS)).toEqual([]);
  });
});
