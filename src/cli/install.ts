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
import { parseOwnArguments, suggestion } from './arguments.ts';
import { renderDiff } from './diff.ts';

/** `signalbox install CLIENT`: has an agent start the hub, by its configuration. */
export async function installCommand(args: readonly string[]): Promise<void> {
  const { client, isProject, isSure, isShownOnly } = readInstall('install', args);
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
export async function uninstallCommand(args: readonly string[]): Promise<void> {
  const { client, isProject, isSure } = readInstall('uninstall', args);
  const change = await plan(client, isProject, null);
  if (change.after === (change.before ?? '')) return say(`The hub is not in ${change.file}.`);
  await carryOut(change, isSure);
  say(
    `Restart ${client.title} if it is running: it does not start the hub from this file any more.`,
  );
}

function readInstall(verb: 'install' | 'uninstall', args: readonly string[]) {
  const operands: string[] = [];
  const flags = ['project', 'yes', ...(verb === 'install' ? ['print'] : [])];
  const options = parseOwnArguments(
    args,
    flags.map((name) => ({ name, takes: 'flag' })),
    operands,
  );
  const client = findClient(verb, operands);
  const isProject = 'project' in options;
  if (isProject && client.projectFile === null) throw noProjectFile(client);
  return { client, isProject, isSure: 'yes' in options, isShownOnly: 'print' in options };
}

function noProjectFile({ title }: Client): UsageError {
  return new UsageError(`${title} has no configuration of a project: leave out --project`);
}

async function plan(client: Client, isProject: boolean, entry: Entry | null): Promise<Change> {
  const place = await findPlace(client, here(), isProject ? process.cwd() : null);
  if (place === null) throw noProjectFile(client);
  return planChange(client, place, entry);
}

function findClient(verb: string, [name, ...more]: readonly string[]): Client {
  const names = CLIENTS.map((each) => each.name);
  const choice = `one of ${names.join(', ')}`;
  if (name === undefined) throw new UsageError(`${verb} needs a client: ${choice}`);
  if (more.length > 0) throw new UsageError(`${verb} takes one client: ${choice}`);
  // As it is typed here, or as its makers write it: "VS Code".
  const client = CLIENTS.find((each) =>
    [each.name, each.title].some((known) => plain(known) === plain(name)),
  );
  if (client !== undefined) return client;
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
