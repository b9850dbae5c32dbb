import { UsageError } from '../errors.ts';
import { printable } from '../printable.ts';
import { announce } from '../registration/announce.ts';
import { checkFacts, readAnnouncing } from './announcing.ts';
import type { RegisterOptions } from './commands/register.ts';
import { untilSignalled } from './until-signalled.ts';

/** `signalbox register`: announces a server that listens, until it is signalled. */
export async function runRegister(options: RegisterOptions): Promise<void> {
  const { directory, isNamed, name, ...facts } = readAnnouncing(options);
  if (name === undefined) throw new UsageError('register needs --name');
  const { pid, check } = options;
  const announcement = {
    ...facts,
    name,
    ...readPlace(options),
    ...(pid === null ? {} : { pid }),
  };
  // What the hub would refuse is not written in the first place.
  checkFacts({ id: 'any', ...announcement });
  // Before there is a file: a signal that comes as soon as it is there must find somebody who takes it back.
  const signalled = untilSignalled();
  if (check) {
    const { checkServer } = await import('./check-server.ts');
    const found = await Promise.race([checkServer(announcement), signalled]);
    if (found === undefined) return;
    process.stdout.write(`${printable(found)}\n`);
  }
  const { remove, ...known } = announce(directory, announcement, { isNamed });
  process.once('exit', remove);
  process.stdout.write(
    `Registered ${printable(known.name)} as ${known.id}, port ${announcement.port}: ${printable(known.file)}\n` +
      'It is listed by: signalbox list. Ctrl-C takes it back.\n',
  );
  await signalled;
  remove();
}

/** Where the server listens: a port, or a URL that has one. */
function readPlace({ port, url }: RegisterOptions): {
  readonly port: number;
  readonly url?: string;
} {
  if (url === null) {
    if (port === null) throw new UsageError('register needs --port, or --url');
    return { port };
  }
  if (port !== null) throw new UsageError('--port and --url say the same: give one of them');
  // Whether it is a URL that hubs take is checked with all the rest.
  return { port: Number((URL.canParse(url) && new URL(url).port) || 80), url };
}
