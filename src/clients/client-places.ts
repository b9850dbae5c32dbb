import { posix, win32 } from 'node:path';
import type { Surroundings } from '../paths.ts';

/** A file in the home directory, the same on all systems. */
export const inHome =
  (...names: readonly string[]) =>
  ({ home, platform }: Surroundings) =>
    pathOf(platform).join(home, ...names);

/** A file in the system's directory for application settings. */
export const inApplicationData =
  (...names: readonly string[]) =>
  ({ env, home, platform }: Surroundings) => {
    if (platform === 'win32') {
      return win32.join(env['APPDATA'] || win32.join(home, 'AppData', 'Roaming'), ...names);
    }
    const base =
      platform === 'darwin'
        ? posix.join(home, 'Library', 'Application Support')
        : env['XDG_CONFIG_HOME'] || posix.join(home, '.config');
    return posix.join(base, ...names);
  };

/** A file in the directory that an environment variable names, otherwise in `folder` in the home directory. */
export const inFolderOf =
  (variable: string, folder: string, ...names: readonly string[]) =>
  ({ env, home, platform }: Surroundings) => {
    const { join } = pathOf(platform);
    return join(env[variable] || join(home, folder), ...names);
  };

function pathOf(platform: NodeJS.Platform) {
  return platform === 'win32' ? win32 : posix;
}
