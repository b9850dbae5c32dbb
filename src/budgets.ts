/** How much of something one party may make the hub hold or do. */
export interface Budget {
  readonly value: number;
  readonly unit: string;
  readonly reason: string;
}

/** What instances, agents and logs may cost. docs/service-levels.md shows this table. */
export const BUDGETS = {
  agentMessage: {
    value: 64 * 2 ** 20,
    unit: 'bytes',
    reason: 'One message of an agent. A larger one is answered with an error.',
  },
  untakenBytes: {
    value: 32 * 2 ** 20,
    unit: 'bytes',
    reason:
      'What one agent has sent and no instance has taken yet. Above it stdin is not read until half of it is taken.',
  },
  registrationFile: {
    value: 64 * 1024,
    unit: 'bytes',
    reason: 'One registration file. A larger one is refused.',
  },
  refusalBody: {
    value: 64 * 1024,
    unit: 'bytes',
    reason: 'The body of an HTTP response that is an error. The rest is not read.',
  },
  batchMessages: {
    value: 1_000,
    unit: 'messages',
    reason: 'One JSON-RPC batch of an instance. A larger one is refused as a whole.',
  },
  openQuestions: {
    value: 100,
    unit: 'requests',
    reason:
      'Requests of one instance that wait for one agent. Each is shown to a person or a model; further ones are answered with an error.',
  },
  callsUnderWay: {
    value: 256,
    unit: 'calls',
    reason:
      'Calls of one session at one instance at the same time. Each holds a socket; further ones wait for their turn, and can be cancelled.',
  },
  controlSockets: {
    value: 16,
    unit: 'sockets',
    reason:
      'Sockets of one session to one instance for answers, notifications and cancellations, beside those of calls.',
  },
  repliesUnderWay: {
    value: 8,
    unit: 'messages',
    reason:
      'Answers to one instance that it has not taken yet. Half of the control sockets stays free for cancellations.',
  },
  repliesWaiting: {
    value: 128,
    unit: 'messages',
    reason:
      'Answers that wait behind those. An instance that asks and does not take answers loses further ones.',
  },
  messagesUnderWay: {
    value: 8,
    unit: 'messages',
    reason: 'Notifications and cancellations to one instance that it has not taken yet.',
  },
  messagesWaiting: {
    value: 1_000,
    unit: 'messages',
    reason: 'Notifications and cancellations that wait behind those. Further ones are dropped.',
  },
  taskTokens: {
    value: 1_000,
    unit: 'tokens',
    reason:
      'Progress tokens of tasks that outlive their call, per session and instance. The oldest are forgotten first.',
  },
  eventId: {
    value: 4_096,
    unit: 'bytes',
    reason:
      'An event id is sent back as a header, and servers take few headers over 8 KiB. A stream with a longer one cannot be resumed.',
  },
  resumeFloor: {
    value: 100,
    unit: 'ms',
    reason: 'Shortest time before a stream is resumed, whatever the server asks for.',
  },
  resumeCap: {
    value: 1_000,
    unit: 'ms',
    reason:
      'The time doubles up to this with each resumption that brought no message. A server that asks for more gets more.',
  },
  logBurst: {
    value: 20,
    unit: 'lines',
    reason: 'Log lines of one kind about one instance, session or file at once.',
  },
  logInterval: {
    value: 3_000,
    unit: 'ms',
    reason:
      'After that, one line of the kind per interval. The next line says how many were left out.',
  },
  logKinds: {
    value: 10_000,
    unit: 'kinds',
    reason:
      'Kinds of lines that are counted apart. With more, those that were silent for longest start anew.',
  },
  supervisedMessage: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    reason:
      "One message of an instance on the hub's own connection to it. It carries nothing but lists and notifications.",
  },
  supervisedObjects: {
    value: 200_000,
    unit: 'objects',
    reason:
      'Objects and arrays in such a message, which is parsed. Each takes many times the two bytes that it has as text.',
  },
  catalogueBytes: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    reason:
      'What an instance lists in all, over all pages of tools, resources, templates and prompts. Further pages are left out, and `last_error` says so.',
  },
  catalogueItems: {
    value: 10_000,
    unit: 'items',
    reason: 'Items in these lists. Further ones are left out, and `last_error` says so.',
  },
  cataloguePages: {
    value: 1_000,
    unit: 'pages',
    reason: 'Pages of these lists: cursors may never end.',
  },
  catalogueTime: {
    value: 30_000,
    unit: 'ms',
    reason: 'Reading these lists again. What was known before is kept when it takes longer.',
  },
  parsedObjects: {
    value: 1_000_000,
    unit: 'objects',
    reason:
      'Objects and arrays in a message that the hub itself has to look into. It is refused with more; what is only passed on is not counted.',
  },
  outputBehind: {
    value: 1024 * 1024,
    unit: 'bytes',
    reason:
      'Output that an agent has not read when the hub stops to work on its requests. Cancellations are still read.',
  },
  requestsWaiting: {
    value: 1024 * 1024,
    unit: 'bytes',
    reason:
      'Requests of such an agent that are kept, so that cancellations behind them are seen. Then nothing more is read.',
  },
  requestsUnderWay: {
    value: 20_000,
    unit: 'requests',
    reason: 'Requests of one session that are not answered yet. Further ones wait as above.',
  },
  ownAnswer: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    reason:
      'Tools that `instances_tools` puts into one answer, which has them twice. With more it is an error that says to ask for less.',
  },
  shownText: {
    value: 300,
    unit: 'characters',
    reason:
      'What a server says of itself or of an error, where it is shown in rows and errors of the hub.',
  },
} as const satisfies Record<string, Budget>;

/** The budgets as a Markdown table. */
export function budgetTable(): string {
  const rows = Object.entries(BUDGETS).map(
    ([name, { value, unit, reason }]) =>
      `| \`${name}\` | ${value.toLocaleString('en-US')} ${unit} | ${reason} |`,
  );
  return ['| budget | value | what for |', '| --- | --- | --- |', ...rows].join('\n');
}
