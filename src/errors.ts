import { shown } from './printable.ts';

/** Invalid usage or configuration: prints one line to stderr and exits with code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether an error reports wrong usage. Checks the name, because parts that are loaded later have a class of their own. */
export function isUsageError(error: unknown): boolean {
  return error instanceof Error && error.name === 'UsageError';
}

/** The code of a system error (`ENOENT`), or null. Checks the shape, because an error may come from another realm. */
export function errnoOf(error: unknown): string | null {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The hub's own error codes, each with a hint that says what to do. The table in `docs/errors.md` is generated from this. */
export const HUB_ERRORS = {
  NOT_CONNECTED: 'Call instances_list to see what is running, then instances_connect.',
  UNKNOWN_TOOL:
    'Call instances_tools to see the tools of all active instances, then instances_connect or instances_call.',
  INVALID_ARGUMENTS: 'Correct the arguments. The input schema is in tools/list.',
  INSTANCE_NOT_FOUND:
    'Call instances_list to get the ids. If the instance is still starting, call instances_wait.',
  INSTANCE_AMBIGUOUS: 'Use the id of one of the candidates.',
  INSTANCE_NOT_ACTIVE:
    'If it is retrying, the hub retries automatically: call instances_wait. If it is dead, start its server or call instances_reconnect.',
  INSTANCE_GONE: 'Its registration was removed because the server ended. Call instances_list.',
  CONNECTION_LOST:
    'The call was sent and may have taken effect. Check before you repeat it. The hub never sends a call twice.',
  CALL_ABANDONED:
    'The session left the instance while the call was running, so it may have taken effect. Check before you repeat it.',
  INSTANCE_REFUSED: 'The instance is running but refused the request: see last_error.',
  MESSAGE_TOO_LARGE: 'Request less data at a time, or raise --max-message.',
  WAIT_TIMEOUT: 'Wait again, or call instances_health to see why the instance is not ready.',
  HUB_STOPPING: 'The hub is shutting down. Start a new session to continue.',
} as const;

export type HubErrorCode = keyof typeof HUB_ERRORS;

/** Details that an error has in addition to its code and message, if known. */
export interface HubErrorFacts {
  readonly instance_id?: string;
  readonly state?: string;
  readonly next_retry_at?: string | null;
  readonly last_error?: { readonly code: string; readonly message: string } | null;
  readonly candidates?: readonly {
    readonly id: string;
    readonly name: string;
    readonly path: string;
  }[];
}

/** Maximum number of candidates in an error. */
const MAX_CANDIDATES = 100;

/** Makes text from servers printable with {@link shown} and limits the list of candidates. */
function shownFacts({ last_error: error, candidates }: HubErrorFacts): HubErrorFacts {
  return {
    ...(error ? { last_error: { ...error, message: shown(error.message) } } : {}),
    ...(candidates ? { candidates: candidates.slice(0, MAX_CANDIDATES) } : {}),
  };
}

/** A request that the hub can't fulfil: a code, a message, and a hint that says what to do. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: HubErrorCode;
  readonly facts: HubErrorFacts;

  constructor(code: HubErrorCode, message: string, facts: HubErrorFacts = {}) {
    super(message);
    this.code = code;
    this.facts = { ...facts, ...shownFacts(facts) };
  }

  /** The object that the agent receives. */
  toJSON() {
    const { code, message, facts } = this;
    return { code, message, ...facts, hint: HUB_ERRORS[code] };
  }
}
