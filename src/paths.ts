import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where paths come from. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
  readonly tmp: string;
}

const HERE: Surroundings = {
  env: process.env,
  platform: process.platform,
  home: homedir(),
  tmp: tmpdir(),
};

/** The directory in which instances of this user announce themselves. */
export function ownInstancesDirectory({ env, platform, home }: Surroundings = HERE): string {
  if (platform === 'win32') {
    return join(env['APPDATA'] || join(home, 'AppData', 'Roaming'), 'signalbox', 'instances');
  }
  return env['XDG_RUNTIME_DIR']
    ? join(env['XDG_RUNTIME_DIR'], 'signalbox', 'instances')
    : join(home, '.local', 'share', 'signalbox', 'instances');
}

/** All directories that are watched unless others are named: the own one, then Brummer's. */
export function defaultInstancesDirectories(here: Surroundings = HERE): string[] {
  const runtime = here.env['XDG_RUNTIME_DIR'];
  return [
    ownInstancesDirectory(here),
    ...(runtime ? [join(runtime, 'brummer', 'instances')] : []),
    join(here.tmp, 'brummer', 'instances'),
    join(here.home, '.local', 'share', 'brummer', 'instances'),
  ];
}
