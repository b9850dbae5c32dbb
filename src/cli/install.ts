import { realpath } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Change, makeChange, planChange } from '../clients/change.ts';
import type { Client } from '../clients/client.ts';
import { CLIENTS } from '../clients/clients.ts';
import { ENTRY_NAME, membersOf } from '../clients/entry.ts';
import type { Entry } from '../clients/entry-shape.ts';
import { findPlace } from '../clients/find-place.ts';
import { printJson } from '../clients/json-text.ts';
import { printToml } from '../clients/toml-text.ts';
import { UsageError } from '../errors.ts';
import { here } from '../paths.ts';
import { printable } from '../printable.ts';
import { suggestion } from './arguments.ts';
import type { InstallOptions } from './commands/install.ts';
import type { UninstallOptions } from './commands/uninstall.ts';
import { renderDiff } from './diff.ts';

/** `signalbox install CLIENT`: adds the hub to an agent's configuration. */
export async function runInstall(
  { project: isProject, yes: isSure, print: isShownOnly }: InstallOptions,
  operands: readonly string[],
): Promise<void> {
  const client = findClient('install', operands, isProject);
  const entry = await ownEntry();
  if (isShownOnly) {
    const print = client.format === 'toml' ? printToml : printJson;
    process.stdout.write(`${print(client.servers, ENTRY_NAME, membersOf(client, entry))}\n`);
    return;
  }
  const change = await plan(client, isProject, entry);
  if (change.after === change.before) return say(`The hub is already in ${change.file}.`);
  await carryOut(change, isSure);
  say((isProject ? client.starts.project : null) ?? client.starts.user);
}

/** `signalbox uninstall CLIENT`: removes the hub from an agent's configuration. */
export async function runUninstall(
  { project: isProject, yes: isSure }: UninstallOptions,
  operands: readonly string[],
): Promise<void> {
  const client = findClient('uninstall', operands, isProject);
  const change = await plan(client, isProject, null);
  if (change.after === (change.before ?? '')) return say(`The hub is not in ${change.file}.`);
  await carryOut(change, isSure);
  say(`Restart ${client.title} if it is running. It no longer starts the hub from this file.`);
}

function noProjectFile({ title }: Client): UsageError {
  return new UsageError(`${title} has no project configuration: leave out --project`);
}

async function plan(client: Client, isProject: boolean, entry: Entry | null): Promise<Change> {
  const place = await findPlace(client, here(), isProject ? process.cwd() : null);
  if (place === null) throw noProjectFile(client);
  return planChange(client, place, entry);
}

function findClient(
  verb: 'install' | 'uninstall',
  [name, ...more]: readonly string[],
  isProject: boolean,
): Client {
  const names = CLIENTS.map((each) => each.name);
  const choice = `one of ${names.join(', ')}`;
  if (name === undefined) throw new UsageError(`${verb} needs a client: ${choice}`);
  if (more.length > 0) throw new UsageError(`${verb} takes one client: ${choice}`);
  // Accepts the client's title, too, like "VS Code".
  const client = CLIENTS.find((each) =>
    [each.name, each.title].some((known) => plain(known) === plain(name)),
  );
  if (client !== undefined) {
    if (isProject && client.projectFile === null) throw noProjectFile(client);
    return client;
  }
  const near = suggestion(name, names, '');
  throw new UsageError(`unknown client ${printable(name)}${near || `: ${choice}`}`);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The entry that starts this program. Its paths are absolute, because desktop agents don't have a shell's PATH. */
async function ownEntry(): Promise<Entry> {
  return { command: process.execPath, args: [await realpath(process.argv[1] ?? ''), 'hub'] };
}

/** Shows a change, asks unless the user is sure, and makes it. */
async function carryOut(change: Change, isSure: boolean): Promise<void> {
  process.stdout.write(`${renderDiff(change, process.stdout)}\n`);
  if (!isSure && !(await isWanted())) throw new Error('nothing was written');
  const backup = await makeChange(change);
  say(`Written: ${change.file}`);
  if (backup !== null) say(`Backup: ${backup}`);
}

async function isWanted(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Error('nothing was written: use --yes, or a terminal to confirm');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await new Promise<string>((answered) => {
    terminal.once('close', () => answered(''));
    terminal.question('Write it? [y/N] ', answered);
  });
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}
