import { UsageError } from '../errors.ts';
import { printable } from '../printable.ts';
import { announce } from '../registration/announce.ts';
import { checkFacts, readAnnouncing } from './announcing.ts';
import type { RegisterOptions } from './commands/register.ts';
import { untilSignalled } from './until-signalled.ts';

/** `signalbox register`: registers a listening server until it is signalled. */
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
  // Don't write a file that hubs would refuse.
  checkFacts({ id: 'any', ...announcement });
  // Handle signals before the file exists, so that it is always removed.
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
      'To see it: signalbox list. Press Ctrl-C to unregister it.\n',
  );
  await signalled;
  remove();
}

/** The server's port, or its URL and the port in that. */
function readPlace({ port, url }: RegisterOptions): {
  readonly port: number;
  readonly url?: string;
} {
  if (url === null) {
    if (port === null) throw new UsageError('register needs --port or --url');
    return { port };
  }
  if (port !== null) throw new UsageError('use either --port or --url, not both');
  // The URL is validated later, with the other facts.
  return { port: Number((URL.canParse(url) && new URL(url).port) || 80), url };
}
