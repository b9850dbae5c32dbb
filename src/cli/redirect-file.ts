import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../hosting/at-exit.ts';

/** Milliseconds for the browser to read the file: a cold start can be slow. */
const LIFETIME = 60_000;

/**
 * Writes a page that redirects to an address and that only this user can read. Resolves with its path. Browsers are started
 * with this file because the address is a credential, and every user can read a process's arguments. The file is removed
 * after a minute, or when this process exits.
 */
export async function redirectFile(url: string): Promise<string> {
  // Created with mode 0700 and an unguessable name.
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
