import { homedir, tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';

/** What paths depend on: handed in by tests, otherwise this process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly tmp: string;
}

/** Of this process. */
export function here(): Surroundings {
  return { env: process.env, platform: process.platform, home: home(), tmp: tmpdir() };
}

/** A user of whom nobody has heard (a bare uid in a container) has no home: a folder of its own among the temporary ones. */
function home(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `user-${process.getuid?.()}`);
  }
}

/** Where the instances of this user announce themselves. */
export function ownInstancesDirectory(where: Surroundings = here()): string {
  const { env, platform, home } = where;
  if (platform === 'win32') {
    return win32.join(
      env['APPDATA'] || win32.join(home, 'AppData', 'Roaming'),
      'signalbox',
      'instances',
    );
  }
  const base = runtimeBase(where) ?? posix.join(home, '.local', 'share');
  return posix.join(base, 'signalbox', 'instances');
}

/** Where an instance announces itself unless told otherwise: hubs watch all of the variable's, one is written to. */
export function announcementDirectory(where: Surroundings = here()): string {
  const { delimiter } = where.platform === 'win32' ? win32 : posix;
  const named = where.env['SIGNALBOX_INSTANCES_DIR']?.split(delimiter).find(Boolean);
  return named ?? ownInstancesDirectory(where);
}

/** Where running hubs can be reached by their owner; null where they can't: pipes of Windows are in no directory. */
export function hubsDirectory(where: Surroundings = here()): string | null {
  if (where.platform === 'win32') return null;
  return posix.join(posix.dirname(ownInstancesDirectory(where)), 'hubs');
}

/** What is watched unless told otherwise: the own directory, then those in which Brummer's instances may be. */
export function defaultInstancesDirectories(where: Surroundings = here()): string[] {
  const { home, platform, tmp } = where;
  const path = platform === 'win32' ? win32 : posix;
  const runtime = runtimeBase(where);
  const bases = [...(runtime === null ? [] : [runtime]), tmp, path.join(home, '.local', 'share')];
  const brummers = bases.map((base) => path.join(base, 'brummer', 'instances'));
  return [...new Set([ownInstancesDirectory(where), ...brummers])];
}

/** The XDG specification has relative paths ignored. */
function runtimeBase({ env, platform }: Surroundings): string | null {
  const path = env['XDG_RUNTIME_DIR'];
  return path && (platform === 'win32' ? win32 : posix).isAbsolute(path) ? path : null;
}
