import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import { BIN, eventually, exitOf, startProcess } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';

/** A browser that records its arguments, the file that they name, and the permissions of both. */
const BROWSER = `#!/bin/sh
printf '%s\\n' "$@" > "$KEPT/arguments"
cat "$1" > "$KEPT/page"
stat -c %a "$1" "$(dirname "$1")" > "$KEPT/rights.part"
mv "$KEPT/rights.part" "$KEPT/rights"
`;

it('inspect --open starts the browser with a private file instead of the address', async () => {
  const kept = temporaryDirectory();
  const runtime = temporaryDirectory();
  for (const name of ['xdg-open', 'browser']) {
    writeFileSync(join(kept, name), BROWSER, { mode: 0o700 });
  }
  const child = startProcess(process.execPath, [BIN, 'inspect', '--open'], {
    KEPT: kept,
    BROWSER: join(kept, 'browser'),
    PATH: `${kept}${delimiter}${process.env['PATH']}`,
    XDG_RUNTIME_DIR: runtime,
  });
  let printed = '';
  child.stdout?.on('data', (chunk) => {
    printed += chunk;
  });
  const keptAs = (name: string) => readFileSync(join(kept, name), 'utf8');
  const rights = await eventually(() => keptAs('rights'));
  const [url = ''] = /http:\S+/.exec(printed) ?? [];
  const [file = '', ...more] = keptAs('arguments').trimEnd().split('\n');
  expect(more).toEqual([]);
  expect(file).toMatch(/\/open\.html$/);
  expect(rights).toBe('600\n700\n');
  const [, target = ''] =
    /http-equiv="refresh" content="0; url=([^"]*)"/.exec(keptAs('page')) ?? [];
  expect(target).toBe(url);
  expect((await fetch(target, { headers: { connection: 'close' } })).status).toBe(200);
  expect(existsSync(file)).toBe(true);
  child.kill('SIGTERM');
  expect(await exitOf(child)).toBe(0);
  expect(existsSync(dirname(file))).toBe(false);
});
