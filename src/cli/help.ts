import { CLIENTS } from '../clients/clients.ts';
import { keyOf, OPTIONS, variableOf } from '../config/options.ts';

/** What `list` has for default where that isn't the hub's: its output is the table, not what led to it. */
export const LIST_DEFAULTS: Readonly<Record<string, string>> = { 'log-level': 'error' };

/** As {@link LIST_DEFAULTS}, of `doctor`: what goes wrong is in its findings. */
export const DOCTOR_DEFAULTS: Readonly<Record<string, string>> = { 'log-level': 'silent' };

interface Command {
  /** What follows `signalbox`. */
  readonly usage: string;
  readonly does: string;
  /** Options beside those of the hub. */
  readonly own: readonly (readonly [option: string, help: string])[];
  readonly takesHubOptions: boolean;
  readonly defaults?: Readonly<Record<string, string>>;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  [
    'hub',
    {
      usage: 'hub [OPTIONS]',
      does: 'the MCP stdio server that an agent starts (also: signalbox --mcp)',
      own: [],
      takesHubOptions: true,
    },
  ],
  [
    'list',
    {
      usage: 'list [--json] [--all] [--watch] [--probe] [OPTIONS]',
      does: 'shows what runs, as the running hubs see it',
      own: [
        ['--json', 'as JSON, and nothing else'],
        ['--all', 'the dead as well, and files that are refused, with the reasons'],
        ['--probe', 'connects to the instances itself, even if hubs run'],
        ['--watch', 'again whenever it changes, until Ctrl-C; with --json a line each time'],
      ],
      takesHubOptions: true,
      defaults: LIST_DEFAULTS,
    },
  ],
  [
    'register',
    {
      usage:
        'register --name N (--port P | --url URL) [--id ID] [--path DIR] [--pid PID] [--check]',
      does: 'announces a server that listens, until it is signalled',
      own: [
        ['--name N', 'what people call it'],
        ['--port P', 'where it listens on loopback; its endpoint is /mcp'],
        ['--url URL', 'where its endpoint is, if that is another'],
        ['--id ID', 'made from the name unless given'],
        ['--path DIR', 'of the project (the working directory)'],
        ['--pid PID', 'of the server, if it should be known'],
        ['--check', 'first connects to it as a hub does, and announces only what can be used'],
        ['--instances-dir DIR', 'announce it there instead of in the own directory'],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'run',
    {
      usage:
        'run [--name N] [--path DIR] [--shared] [--no-token] [--env-file FILE] -- COMMAND [ARGUMENT …]',
      does: 'makes an instance of a stdio MCP server, until it is signalled',
      own: [
        ['--name N', 'what people call it (what the server calls itself)'],
        ['--id ID', 'made from the name unless given'],
        ['--path DIR', 'of the project (the working directory)'],
        [
          '--shared',
          'one process for all sessions, not one for each; it cannot ask clients anything',
        ],
        [
          '--no-token',
          'lets every user of this machine in; otherwise requests need the token of its registration',
        ],
        ['--env-file FILE', 'variables of the server; they win over those that are set'],
        ['--port N', 'on loopback (any that is free)'],
        ['--start-timeout TIME', 'how long a server may take to answer initialize (30s)'],
        ['--instances-dir DIR', 'announce it there instead of in the own directory'],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'install',
    {
      usage: 'install CLIENT [--project] [--yes] [--print]',
      does: "adds the hub to an agent's configuration",
      own: [
        ['CLIENT', CLIENTS.map(({ name }) => name).join(', ')],
        ['--project', 'to that of the project in this directory'],
        ['--yes', 'without asking'],
        ['--print', 'only shows what belongs there'],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'uninstall',
    {
      usage: 'uninstall CLIENT [--project] [--yes]',
      does: 'takes it out again',
      own: [
        ['CLIENT', 'as in install'],
        ['--project', 'out of that of the project in this directory'],
        ['--yes', 'without asking'],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'inspect',
    {
      usage: 'inspect [--port N] [--open] [--stately] [--export FILE]',
      does: 'shows the statecharts of the hubs that run, live, in the browser',
      own: [
        ['--port N', 'on loopback; the next one if it is taken (any that is free)'],
        ['--open', 'opens the browser'],
        ['--stately', "begins with the offer to draw them in Stately's own inspector"],
        ['--export FILE', 'writes the three charts as JSON for the Stately editor, and ends'],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'doctor',
    {
      usage: 'doctor [--json] [--probe] [OPTIONS]',
      does: 'says what is wrong here, and what to do about it; exit code 1 when something is',
      own: [
        ['--json', 'as JSON, and nothing else'],
        ['--probe', 'connects to the instances itself, even if hubs run'],
      ],
      takesHubOptions: true,
      defaults: DOCTOR_DEFAULTS,
    },
  ],
  [
    'prune',
    {
      usage: 'prune [--dry-run] [--instances-dir DIR]',
      does: 'removes files of servers and hubs that are gone for certain',
      own: [
        ['--dry-run', 'says what would be removed'],
        ['--instances-dir DIR', 'look there instead of in the usual directories; repeatable'],
        ['--config FILE', "a JSON file with the hub's settings"],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'replay',
    {
      usage: 'replay [--json] [--all] FILE',
      does: 'runs the actors of a recording (--record) again, and shows what became of them',
      own: [
        ['--json', 'as JSON, and nothing else'],
        ['--all', 'the states within the states, too'],
      ],
      takesHubOptions: false,
    },
  ],
  [
    'demo',
    {
      usage: 'demo [--inspect]',
      does: 'shows the main job with real instances, in half a minute',
      own: [
        [
          '--inspect',
          'with the page of its hub, and a server that dies and comes back until Ctrl-C',
        ],
      ],
      takesHubOptions: false,
    },
  ],
]);

/** The words that {@link renderHelp} knows. */
export const COMMAND_NAMES: readonly string[] = [...COMMANDS.keys()];

/** The text of `signalbox --help`, or that of one command; null when there is no such command. */
export function renderHelp(word?: string): string | null {
  if (word === undefined) return renderOverview();
  const command = COMMANDS.get(word);
  if (command === undefined) return null;
  const { usage, does, own, takesHubOptions, defaults } = command;
  const lines = [
    ...own.map(([option, help]) => row(option, help)),
    ...(takesHubOptions ? hubOptions(defaults) : []),
  ];
  return [
    `signalbox ${word}: ${does}`,
    '',
    `Usage: signalbox ${usage}`,
    ...(lines.length > 0 ? ['', 'Options:', ...lines] : []),
    ...(takesHubOptions ? ['', ...sources()] : []),
  ].join('\n');
}

function renderOverview(): string {
  return [
    "One MCP server entry in your coding agent's configuration, with every MCP server that runs on this machine behind it.",
    '',
    'Usage: signalbox COMMAND [OPTIONS]',
    '',
    ...[...COMMANDS].map(([name, { does }]) => `  ${name.padEnd(10)}${does}`),
    `  ${'help'.padEnd(10)}this, or what a command takes: signalbox help COMMAND`,
    '',
    'Options of hub, list and doctor:',
    ...hubOptions(),
    '',
    ...sources(),
    '',
    'signalbox install CLIENT has an agent start it, by an entry in its configuration:',
    '  { "mcpServers": { "signalbox": { "command": "signalbox", "args": ["hub"] } } }',
  ].join('\n');
}

function hubOptions(defaults: Readonly<Record<string, string>> = {}): string[] {
  const options = OPTIONS.map(({ name, takes, value, fallback: usually, help }) => {
    const fallback = defaults[name] ?? usually;
    const flag = takes === 'flag' ? `--[no-]${name}` : `--${name} ${value}`;
    const usual = fallback === null || takes === 'flag' ? '' : ` (${fallback})`;
    return row(flag, `${help}${usual}`);
  });
  return [...options, row('--config FILE', 'a JSON file with these settings')];
}

/** Where else an option may be set, by the example of one. */
function sources(): string[] {
  return OPTIONS.slice(1, 2).map(
    (example) =>
      `Each of hub's options can be set by a variable or in the file as well: --${example.name} is ${variableOf(example)} and "${keyOf(example)}".`,
  );
}

function row(option: string, help: string): string {
  return `  ${option.padEnd(28)}${help}`;
}
