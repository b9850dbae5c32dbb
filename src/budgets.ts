/** A limit on what one party can make the hub store or do. */
export interface Budget {
  readonly value: number;
  readonly unit: string;
  readonly reason: string;
}

/** Limits for instances, agents and logs. The table in docs/service-levels.md is generated from this. */
export const BUDGETS = {
  agentMessage: {
    value: 64 * 2 ** 20,
    unit: 'bytes',
    reason: 'One message from an agent. A larger one gets an error.',
  },
  untakenBytes: {
    value: 32 * 2 ** 20,
    unit: 'bytes',
    reason:
      'Data that one agent has sent and instances have not received yet. Above the limit, the hub stops reading stdin until half of it has been received.',
  },
  registrationFile: {
    value: 64 * 1024,
    unit: 'bytes',
    reason: 'One registration file. A larger one is refused.',
  },
  refusalBody: {
    value: 64 * 1024,
    unit: 'bytes',
    reason: 'The body of an HTTP error response. The rest is not read.',
  },
  batchMessages: {
    value: 1_000,
    unit: 'messages',
    reason: 'One JSON-RPC batch from an instance. A larger one is refused as a whole.',
  },
  openQuestions: {
    value: 100,
    unit: 'requests',
    reason:
      'Open requests from one instance to one agent. Each is shown to a person or a model. Further requests get an error.',
  },
  callsUnderWay: {
    value: 256,
    unit: 'calls',
    reason:
      'Concurrent calls from one session to one instance. Each holds a socket. Further calls wait and can be cancelled.',
  },
  controlSockets: {
    value: 16,
    unit: 'sockets',
    reason:
      'Sockets from one session to one instance for answers, notifications and cancellations, in addition to those for calls.',
  },
  repliesUnderWay: {
    value: 8,
    unit: 'messages',
    reason:
      'Answers being sent to one instance. This keeps half of the control sockets free for cancellations.',
  },
  repliesWaiting: {
    value: 128,
    unit: 'messages',
    reason:
      'Answers queued behind those. An instance that sends requests and does not read the answers loses further ones.',
  },
  messagesUnderWay: {
    value: 8,
    unit: 'messages',
    reason: 'Notifications and cancellations being sent to one instance.',
  },
  messagesWaiting: {
    value: 1_000,
    unit: 'messages',
    reason: 'Notifications and cancellations queued behind those. Further ones are dropped.',
  },
  taskTokens: {
    value: 1_000,
    unit: 'tokens',
    reason:
      'Progress tokens of tasks that outlive their call, per session and instance. The oldest are dropped first.',
  },
  eventId: {
    value: 4_096,
    unit: 'bytes',
    reason:
      'One event id. It is sent back as a header, and many servers reject headers over 8 KiB. A stream with a longer id cannot be resumed.',
  },
  resumeFloor: {
    value: 100,
    unit: 'ms',
    reason: 'Minimum delay before a stream is resumed, even if the server asks for less.',
  },
  resumeCap: {
    value: 1_000,
    unit: 'ms',
    reason:
      'The delay doubles up to this value with each resumption that brings no message. If the server asks for a longer delay, it gets that.',
  },
  logBurst: {
    value: 20,
    unit: 'lines',
    reason: 'Log lines of one kind about one instance, session or file in a burst.',
  },
  logInterval: {
    value: 3_000,
    unit: 'ms',
    reason:
      'After a burst, one line of that kind is logged per interval. It says how many were omitted.',
  },
  logKinds: {
    value: 10_000,
    unit: 'kinds',
    reason:
      'Kinds of lines that are counted separately. Beyond that, the least recently logged kinds are forgotten.',
  },
  supervisedMessage: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    reason:
      "One message from an instance on the hub's own connection, which carries only lists and notifications.",
  },
  supervisedObjects: {
    value: 200_000,
    unit: 'objects',
    reason:
      'Objects and arrays in such a message. Parsed, each takes far more memory than its two bytes of text.',
  },
  catalogueBytes: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    reason:
      'Everything that an instance lists, over all pages of tools, resources, templates and prompts. Further pages are omitted, and `last_error` says so.',
  },
  catalogueItems: {
    value: 10_000,
    unit: 'items',
    reason: 'Items in these lists. Further items are omitted, and `last_error` says so.',
  },
  cataloguePages: {
    value: 1_000,
    unit: 'pages',
    reason: 'Pages of these lists. Without a limit, a server could send cursors forever.',
  },
  catalogueTime: {
    value: 30_000,
    unit: 'ms',
    reason:
      'Time limit for reading these lists again. If it takes longer, the hub keeps the lists it had.',
  },
  parsedObjects: {
    value: 1_000_000,
    unit: 'objects',
    reason:
      'Objects and arrays in a message that the hub has to parse. A message with more is refused. Messages that are only passed on are not counted.',
  },
  outputBehind: {
    value: 1024 * 1024,
    unit: 'bytes',
    reason:
      'Output that an agent has not read. Above the limit, the hub stops processing its requests but still reads cancellations.',
  },
  requestsWaiting: {
    value: 1024 * 1024,
    unit: 'bytes',
    reason:
      'Requests from such an agent that are queued so that the hub sees cancellations behind them. Above the limit, the hub stops reading.',
  },
  requestsUnderWay: {
    value: 20_000,
    unit: 'requests',
    reason: 'Unanswered requests of one session. Further requests wait as above.',
  },
  ownAnswer: {
    value: 4 * 1024 * 1024,
    unit: 'bytes',
    reason:
      'Tools in one answer of `instances_tools`, which contains them twice. Beyond that, it returns an error that asks for a narrower query.',
  },
  shownText: {
    value: 300,
    unit: 'characters',
    reason: 'Text from a server about itself or an error, as shown in rows and errors of the hub.',
  },
} as const satisfies Record<string, Budget>;

/** Renders the budgets as a Markdown table. */
export function budgetTable(): string {
  const rows = Object.entries(BUDGETS).map(
    ([name, { value, unit, reason }]) =>
      `| \`${name}\` | ${value.toLocaleString('en-US')} ${unit} | ${reason} |`,
  );
  return ['| budget | value | limits |', '| --- | --- | --- |', ...rows].join('\n');
}
