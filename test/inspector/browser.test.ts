import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, startAgent } from '../helpers/hub-process.ts';
import { eventually, startFixture } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const SCREENSHOTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));

/** The installed browser, or null. CI installs one. */
const executablePath = ['chromium', 'chromium-browser', 'google-chrome'].reduce<string | null>(
  (found, name) => {
    if (found !== null) return found;
    try {
      return execFileSync('which', [name], { encoding: 'utf8', stdio: 'pipe' }).trim();
    } catch {
      return null;
    }
  },
  null,
);

if (executablePath === null && process.env['CI'] !== undefined) {
  throw new Error('the browser tests need chromium');
}

const inBrowser = executablePath === null ? describe.skip : describe;

const FAST = ['--retry-base', '100ms', '--retry-cap', '2s'];

inBrowser('the inspector in a browser', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
    });
    mkdirSync(SCREENSHOTS, { recursive: true });
  }, 60_000);

  afterAll(() => browser.close());

  /** Opens the inspector of a hub that watches `directory`, and collects all errors of the page. */
  async function open(directory: string, size = { width: 1_380, height: 940 }) {
    const agent = await startAgent(directory, {
      args: ['--inspect', '--settle', '0', ...FAST],
      // The page shows this directory, and the README has screenshots of the page.
      cwd: '/',
    });
    const url = await eventually(() => {
      const [found] = /http:\/\/\S+/.exec(agent.stderr()) ?? [];
      expect(found).toBeDefined();
      return found ?? '';
    });
    const page = await browser.newPage({ viewport: size });
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (line) => {
      if (line.type() === 'error') errors.push(line.text());
    });
    page.on('dialog', (dialog) => {
      errors.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    afterTest(() => page.close());
    await page.goto(url);
    return { page, url, errors, ...agent };
  }

  const rowsOf = (page: Page) =>
    page.getByRole('listbox', { name: 'Instances' }).getByRole('option');

  const activeState = (page: Page) =>
    page.locator('[data-active]').first().getAttribute('data-active');

  it('the chart follows an instance that dies and comes back', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('sdk-stateful');
    const other = await startFixture('plain-post');
    register(directory, { id: 'web', port: server.port, path: '/home/me/projects/web' });
    register(directory, { id: 'api', port: other.port, path: '/home/me/projects/api' });
    const { page, errors, client } = await open(directory);
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    await callTool(client, 'instances_connect', { instance_id: 'web' });
    await page.getByRole('option', { name: /web/ }).click();
    await page.getByRole('heading', { name: 'web' }).waitFor();
    await eventually(async () => expect(await activeState(page)).toMatch(/^active/));
    await page.screenshot({ path: `${SCREENSHOTS}light.png` });

    await server.kill();
    await page.locator('[data-state="retrying"].is-active').waitFor();
    expect(await page.locator('[data-state="active"].is-active').count()).toBe(0);
    await page.locator('.is-last').first().waitFor();
    const reason = page.getByRole('complementary', { name: 'Timeline' }).getByRole('listitem');
    expect(await reason.first().textContent()).toMatch(/retrying[\s\S]*(nothing listens|broke)/);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForTimeout(300);
    await page.screenshot({ path: `${SCREENSHOTS}dark.png` });

    await startFixture('sdk-stateful', { port: server.port });
    await page.getByRole('button', { name: 'Reconnect now' }).click();
    await page.locator('[data-state="active"].is-active').waitFor();
    expect(await page.getByRole('button', { name: 'Reconnect now' }).isDisabled()).toBe(true);

    await page.getByRole('button', { name: 'Hub and sessions' }).click();
    await page.getByRole('heading', { name: /test-agent 1\.2\.3/ }).waitFor();
    await page
      .locator('[data-chart="binding"] [data-state="bound.ready.used"].is-active')
      .waitFor();
    expect(errors).toEqual([]);
  }, 60_000);

  it('names from hostile files are shown as text', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post');
    const name = '<img src=x onerror=alert(1)>"';
    register(directory, {
      id: 'mean',
      name,
      path: '/<script>alert(2)</script>',
      port: server.port,
    });
    const { page, errors } = await open(directory);
    await rowsOf(page).first().click();
    await page.getByRole('heading', { name: '<img src=x' }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('body script').count()).toBe(0);
    expect(errors).toEqual([]);
  }, 60_000);

  it('500 instances can be listed, filtered and navigated by keyboard; only visible rows are rendered', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post');
    for (let n = 0; n < 500; n += 1) {
      register(directory, { id: `i${n}`, name: `instance ${n}`, port: server.port });
    }
    const { page, errors } = await open(directory);
    const list = page.getByRole('listbox', { name: 'Instances, 500 of 500' });
    await list.waitFor({ timeout: 30_000 });
    // Rows are sorted by state: wait until the order no longer changes.
    await page.getByText('active (500)').waitFor({ state: 'attached', timeout: 60_000 });
    expect(await list.getByRole('option').count()).toBeLessThan(100);
    await list.focus();
    await page.keyboard.press('End');
    await eventually(async () => {
      expect(await list.getByRole('option', { selected: true }).getAttribute('aria-posinset')).toBe(
        '500',
      );
    });
    await page.getByRole('searchbox').fill('instance 123');
    await page.getByRole('listbox', { name: 'Instances, 1 of 500' }).waitFor();
    await page.getByRole('option', { name: /instance 123/ }).click();
    await page.getByRole('heading', { name: 'instance 123' }).waitFor();
    expect(errors).toEqual([]);
  }, 120_000);

  it('at 400 pixels the page does not scroll sideways', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post');
    register(directory, { id: 'web', path: `/${'long/'.repeat(40)}`, port: server.port });
    const { page, errors } = await open(directory, { width: 400, height: 800 });
    await rowsOf(page).first().waitFor();
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
    await page.screenshot({ path: `${SCREENSHOTS}narrow.png` });
    expect(errors).toEqual([]);
  }, 60_000);

  it('the official inspector gets every actor first once it is ready, and no secrets', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('sdk-stateful', { token: 'a-secret-of-the-test' });
    register(directory, { id: 'web', port: server.port, token: 'a-secret-of-the-test' });
    const { page, errors, client } = await open(directory);
    await callTool(client, 'instances_wait', { instance_id: 'web' });
    // Replaces the third party's page: greets like the real one and stores what it receives.
    await page.context().route('https://stately.ai/**', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<script>
          window.got = [];
          addEventListener('message', ({ data }) => got.push(data));
          opener.postMessage({ type: '@statelyai.connected' }, '*');
        </script>`,
      }),
    );
    await page.getByRole('button', { name: 'Stately inspector' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.textContent()).toContain('third party');
    const [popup] = await Promise.all([
      page.waitForEvent('popup'),
      dialog.getByRole('button', { name: 'Open stately.ai' }).click(),
    ]);
    await popup.waitForFunction('window.got?.length > 5');
    const got = JSON.stringify(await popup.evaluate('window.got'));
    expect(got).toContain('"name":"instance:web"');
    expect(got).not.toContain('a-secret-of-the-test');
    const [first] = JSON.parse(got);
    expect(first).toMatchObject({ type: '@xstate.actor', name: 'hub' });
    await popup.close();
    await page.getByRole('button', { name: 'Stately inspector' }).waitFor();
    expect(errors).toEqual([]);
  }, 60_000);
});
