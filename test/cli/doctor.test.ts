import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { renderReport } from '../../src/cli/report.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { gonePid } from '../helpers/gone.ts';
import { startAgent } from '../helpers/hub-process.ts';
import { eventually, startFixture, textOf } from '../helpers/processes.ts';
import { register, temporaryDirectory, writeInOneStep } from '../helpers/registrations.ts';
import { runCommand } from '../helpers/run-command.ts';

/** An environment in which only what the test creates is found. */
function machine() {
  const home = temporaryDirectory();
  const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), TMPDIR: join(home, 'tmp') };
  const own = join(env.XDG_RUNTIME_DIR, 'signalbox', 'instances');
  mkdirSync(own, { recursive: true, mode: 0o700 });
  return { env, own };
}

const bad = (subject: string, says: string, remedy: string) => ({
  level: 'problem',
  subject,
  says: expect.stringContaining(says),
  remedy: expect.stringContaining(remedy),
});

describe('signalbox doctor', () => {
  it('finds no problems if instances and hubs run', async () => {
    const { env, own } = machine();
    const web = await startFixture('sdk-stateful');
    register(own, { id: 'web', port: web.port, pid: web.pid });
    await startAgent(own, {
      args: ['--settle', '0'],
      env: { XDG_RUNTIME_DIR: env.XDG_RUNTIME_DIR },
    });
    await eventually(async () => {
      const { stdout, stderr, code } = await runCommand(['doctor'], env);
      expect(stdout).toMatch(/^ {2}ok {6}hub \d+: version \d/m);
      expect(stdout).toMatch(/^ {2}ok {6}Node: v\d+\.\d+\.\d+, and >=\d+\.\d+ is needed$/m);
      expect(stdout).toContain(`  ok      ${own}: ours; registrations are written and read here\n`);
      expect(stdout).toContain(`  ok      web: active at port ${web.port}\n`);
      expect(stdout).toMatch(/\n\nAll checks passed\.\n$/);
      expect(stdout).not.toContain('problem');
      expect([stderr, code]).toEqual(['', 0]);
    });
  });

  it('finds problems, each with a remedy', async () => {
    const { env, own } = machine();
    const [html, locked] = await Promise.all([
      startFixture('junk', { mode: 'html' }),
      startFixture('junk', { mode: 'unauthorized' }),
    ]);
    register(own, { id: 'html', port: html.port });
    const lockedFile = register(own, { id: 'locked', port: locked.port });
    register(own, { id: 'off', port: 1, pid: process.pid });
    const stale = register(own, { id: 'old', port: 1, pid: gonePid() });
    writeInOneStep(join(own, 'half.json'), '{');
    symlinkSync(stale, join(own, 'link.json'));
    const open = join(env.XDG_RUNTIME_DIR, 'brummer', 'instances');
    mkdirSync(open, { recursive: true });
    chmodSync(open, 0o770);

    const { stdout, stderr, code } = await runCommand(['doctor', '--json'], env);
    expect([stderr, code]).toEqual(['', 1]);
    const report = JSON.parse(stdout);
    expect(Object.keys(report)).toEqual(['findings', 'problems']);
    for (const finding of report.findings) {
      expect(Object.keys(finding)).toEqual(['check', 'level', 'subject', 'says', 'remedy']);
    }
    const problems = report.findings.filter(({ level }: { level: string }) => level === 'problem');
    expect(problems).toMatchObject([
      bad(open, 'can be written by others', `chmod go-w ${open}`),
      bad(join(own, 'half.json'), 'not JSON', 'remove it'),
      bad(join(own, 'link.json'), 'a symbolic link', 'Replace the link with the file itself'),
      bad(stale, 'is gone, and nothing listens at port 1', 'signalbox prune'),
      bad('html', '(PROTOCOL_ERROR)', `Check what uses port ${html.port}`),
      bad('locked', '(UNAUTHORIZED)', lockedFile),
      bad('off', '(CONNECTION_REFUSED)', 'Start the server at port 1'),
    ]);
    expect(report.problems).toBe(problems.length);
  });

  it('does not print a token that a server quotes', async () => {
    const { env, own } = machine();
    const server = http.createServer(async (request, response) => {
      const { id } = JSON.parse(await textOf(request));
      const message = `not with ${request.headers.authorization}`;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: 1, message } }));
    });
    afterTest(() => server.close());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    register(own, { id: 'web', port, token: 'swordfish' });
    for (const args of [['doctor'], ['doctor', '--json']]) {
      const { stdout, code } = await runCommand(args, env);
      expect(stdout).toContain('not with Bearer ');
      expect(stdout).not.toContain('swordfish');
      expect(code).toBe(1);
    }
  });

  it('checks the given directories and creates nothing', async () => {
    const home = temporaryDirectory();
    const env = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), TMPDIR: home };
    const usual = await runCommand(['doctor'], env);
    expect(usual.stdout).toContain(`${join(home, 'run/signalbox/instances')}: missing`);
    expect(usual.code).toBe(0);
    const named = join(home, 'named');
    mkdirSync(named, { mode: 0o700 });
    register(named, { id: 'web', port: 1 });
    const args = [
      'doctor',
      '--instances-dir',
      named,
      '--instances-dir',
      join(named, '..', 'named'),
    ];
    for (const { stdout, code } of [
      await runCommand(args, env),
      await runCommand(['doctor'], { ...env, SIGNALBOX_INSTANCES_DIR: named }),
    ]) {
      expect(stdout.split(`${named}: ours`)).toHaveLength(2);
      expect(stdout).not.toContain(join(home, 'run'));
      expect(stdout).toMatch(/problem web: retrying, nothing listens.*\(CONNECTION_REFUSED\)/);
      expect(stdout).toMatch(/\n\n1 problem\n$/);
      expect(code).toBe(1);
    }
    expect((await runCommand(['prune'], env)).stdout).toBe('Nothing is stale.\n');
    expect(existsSync(join(home, 'run'))).toBe(false);
  });

  it('reports only that Node is too old', async () => {
    const { env, own } = machine();
    const older = join(own, 'older.mjs');
    writeFileSync(older, "Object.defineProperty(process, 'version', { value: 'v18.20.4' });");
    const given = { ...env, NODE_OPTIONS: `--import ${older}` };
    const { stdout, code } = await runCommand(['doctor'], given);
    expect(stdout).toMatch(
      /^node\n {2}problem Node: v18\.20\.4, and >=\S+ is needed\n.*\n\n1 problem\n$/,
    );
    expect(code).toBe(1);
  });

  it('reports wrong usage in one line', async () => {
    for (const args of [['--jsn'], ['--settle', 'x'], ['web'], ['--config', '/none']]) {
      const { stdout, stderr, code } = await runCommand(['doctor', ...args]);
      expect([stdout, code]).toEqual(['', 2]);
      expect(stderr.trim()).not.toContain('\n');
    }
  });
});

describe('a report', () => {
  const finding = (level: 'ok' | 'note' | 'problem', remedy: string | null) => ({
    check: 'files',
    level,
    subject: 'a\u001b[31m\nb',
    says: 'is\u202e so',
    remedy,
  });
  const words = { hasSigns: false, hasColour: false };

  it('uses words and escapes control characters', () => {
    expect(renderReport([finding('ok', null), finding('note', 'do\n')], words).split('\n')).toEqual(
      [
        'files',
        '  ok      a\\u001b[31m\\u000ab: is\\u202e so',
        '  note    a\\u001b[31m\\u000ab: is\\u202e so',
        '            do\\u000a',
        '',
        'All checks passed.',
      ],
    );
  });

  it('uses signs and colours on a terminal', () => {
    const findings = (['ok', 'note', 'problem'] as const).map((level) => finding(level, null));
    const text = renderReport(findings, { hasSigns: true, hasColour: true });
    for (const mark of ['\u001b[32m✓', '\u001b[33m!', '\u001b[31m✗']) expect(text).toContain(mark);
    expect(renderReport(findings, { hasSigns: true, hasColour: false })).not.toContain('\u001b');
  });

  it('shows a common remedy once, and counts the problems', () => {
    const findings = [finding('problem', 'prune'), finding('problem', 'prune')];
    const text = renderReport(findings, words);
    expect(text.split('prune')).toHaveLength(2);
    expect(text).toMatch(/\n\n2 problems$/);
  });
});
