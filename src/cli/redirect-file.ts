import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../hosting/at-exit.ts';

/** How long a browser has to read the file, in ms: a cold start on a slow machine takes a while. */
const LIFETIME = 60_000;

/**
 * Writes a page that only this user can read and that leads to an address, and resolves with its path. Browsers are opened
 * with it in place of an address that is a credential: every user can read the arguments of a process. The file is removed
 * a minute later, or when this process ends.
 */
export async function redirectFile(url: string): Promise<string> {
  // Made with mode 0700 under a name that nobody can guess.
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const keep = atExit(remove);
  setTimeout(() => {
    keep();
    remove();
  }, LIFETIME).unref();
  const file = join(folder, 'open.html');
  await writeFile(file, pageTo(url), { flag: 'wx', mode: 0o600 });
  return file;
}

function pageTo(url: string): string {
  const address = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return [
    '<!doctype html>',
    '<meta charset="utf-8">',
    '<meta name="referrer" content="no-referrer">',
    `<meta http-equiv="refresh" content="0; url=${address}">`,
    '<title>Signalbox</title>',
    `<a href="${address}">Open the page</a>`,
    '',
  ].join('\n');
}
