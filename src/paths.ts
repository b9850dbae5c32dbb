import { homedir, tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';

/** What paths depend on: those of this process, unless a test passes others. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly tmp: string;
  /** The user's uid, on systems that have uids. */
  readonly uid?: number;
}

/** The surroundings of this process. */
export function here(): Surroundings {
  const uid = process.getuid?.();
  return {
    env: process.env,
    platform: process.platform,
    home: home(),
    tmp: tmpdir(),
    ...(uid === undefined ? {} : { uid }),
  };
}

/** The home directory. A uid without a user (in a container) has none and gets a directory in the temporary directory. */
function home(): string {
  try {
    return homedir();
  } catch {
    return join(tmpdir(), `user-${process.getuid?.()}`);
  }
}

/** The default directory that registrations are written to. */
export function ownInstancesDirectory(where: Surroundings = here()): string {
  const { home, platform } = where;
  if (platform === 'win32') return windowsDirectory(where);
  const base = runtimeBase(where) ?? posix.join(home, '.local', 'share');
  return posix.join(base, 'signalbox', 'instances');
}

/** The directory that registrations are written to, and whether `SIGNALBOX_INSTANCES_DIR` names it. */
export function announcementDirectory(where: Surroundings = here()): {
  readonly directory: string;
  readonly isNamed: boolean;
} {
  const { delimiter } = where.platform === 'win32' ? win32 : posix;
  const named = where.env['SIGNALBOX_INSTANCES_DIR']?.split(delimiter).find(Boolean);
  return { directory: named ?? ownInstancesDirectory(where), isNamed: named !== undefined };
}

/**
 * All directories that processes of this user may write registrations to, in order of precedence. Agents often start
 * servers without `XDG_RUNTIME_DIR`, so processes of one user can use different directories.
 */
export function ownInstancesDirectories(where: Surroundings = here()): string[] {
  if (where.platform === 'win32') return [windowsDirectory(where)];
  const bases = [...runtimeBases(where), posix.join(where.home, '.local', 'share')];
  return unique(bases.map((base) => posix.join(base, 'signalbox', 'instances')));
}

/** The directory of a hub's socket. Null on Windows, where hubs can't be found because pipes are in no directory. */
export function hubsDirectory(where: Surroundings = here()): string | null {
  return where.platform === 'win32' ? null : hubsBeside(ownInstancesDirectory(where));
}

/** The directories to search for the sockets of this user's hubs. Empty on Windows. */
export function hubsDirectories(where: Surroundings = here()): string[] {
  return where.platform === 'win32' ? [] : ownInstancesDirectories(where).map(hubsBeside);
}

/** The directories that are watched by default. If several of them hold the same id, the first one wins. */
export function defaultInstancesDirectories(where: Surroundings = here()): string[] {
  const { home, platform, tmp } = where;
  const { join } = platform === 'win32' ? win32 : posix;
  const bases = [...runtimeBases(where), tmp, join(home, '.local', 'share')];
  const brummers = bases.map((base) => join(base, 'brummer', 'instances'));
  return unique([...ownInstancesDirectories(where), ...brummers]);
}

/** The runtime directory of this process, then the system's runtime directory of the user. */
function runtimeBases(where: Surroundings): string[] {
  const { platform, uid } = where;
  const runtime = runtimeBase(where);
  return [
    ...(runtime === null ? [] : [runtime]),
    ...(platform === 'linux' && uid !== undefined ? [`/run/user/${uid}`] : []),
  ];
}

/** Relative paths are ignored, as the XDG specification requires. */
function runtimeBase({ env, platform }: Surroundings): string | null {
  const { isAbsolute } = platform === 'win32' ? win32 : posix;
  const path = env['XDG_RUNTIME_DIR'];
  return path && isAbsolute(path) ? path : null;
}

function windowsDirectory({ env, home }: Surroundings): string {
  const base = env['APPDATA'] || win32.join(home, 'AppData', 'Roaming');
  return win32.join(base, 'signalbox', 'instances');
}

function hubsBeside(instances: string): string {
  return posix.join(posix.dirname(instances), 'hubs');
}

function unique(paths: readonly string[]): string[] {
  return [...new Set(paths)];
}
