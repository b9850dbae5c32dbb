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

/** `signalbox install CLIENT`: has an agent start the hub, by its configuration. */
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
  if (change.after === change.before) return say(`The hub is in ${change.file} already.`);
  await carryOut(change, isSure);
  say((isProject ? client.starts.project : null) ?? client.starts.user);
}

/** `signalbox uninstall CLIENT`: takes the hub out of an agent's configuration. */
export async function runUninstall(
  { project: isProject, yes: isSure }: UninstallOptions,
  operands: readonly string[],
): Promise<void> {
  const client = findClient('uninstall', operands, isProject);
  const change = await plan(client, isProject, null);
  if (change.after === (change.before ?? '')) return say(`The hub is not in ${change.file}.`);
  await carryOut(change, isSure);
  say(
    `Restart ${client.title} if it is running: it does not start the hub from this file any more.`,
  );
}

function noProjectFile({ title }: Client): UsageError {
  return new UsageError(`${title} has no configuration of a project: leave out --project`);
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
  // As it is typed here, or as its makers write it: "VS Code".
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

/** This program as it was started, by full paths: agents with a window don't have a shell's PATH. */
async function ownEntry(): Promise<Entry> {
  return { command: process.execPath, args: [await realpath(process.argv[1] ?? ''), 'hub'] };
}

/** Shows a change, asks unless the user is sure, and makes it. */
async function carryOut(change: Change, isSure: boolean): Promise<void> {
  process.stdout.write(`${renderDiff(change, process.stdout)}\n`);
  if (!isSure && !(await isWanted())) throw new Error('nothing is written');
  const backup = await makeChange(change);
  say(`Written: ${change.file}`);
  if (backup !== null) say(`What was there before: ${backup}`);
}

async function isWanted(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new Error('nothing is written without --yes, or a terminal to ask on');
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
