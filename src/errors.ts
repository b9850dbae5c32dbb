import { shown } from './printable.ts';

/** A wrong use or configuration: one line on stderr and exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether the user has to be told how to use it. By shape: parts that are loaded later have a class of their own. */
export function isUsageError(error: unknown): boolean {
  return error instanceof Error && error.name === 'UsageError';
}

/** The code of a system error (`ENOENT`), or null. By shape: an error may come from another realm. */
export function errnoOf(error: unknown): string | null {
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** What the hub itself can answer with, and what to do then. The table in `docs/errors.md` is made of this. */
export const HUB_ERRORS = {
  NOT_CONNECTED: 'Call instances_list to see what is running, then instances_connect.',
  UNKNOWN_TOOL:
    'Call instances_tools to see the tools of all active instances, then instances_connect or instances_call.',
  INVALID_ARGUMENTS: 'Correct the arguments; the input schema is in tools/list.',
  INSTANCE_NOT_FOUND:
    'Call instances_list for the ids. If it is still starting, instances_wait waits for it to appear.',
  INSTANCE_AMBIGUOUS: 'Use the id of one of the candidates.',
  INSTANCE_NOT_ACTIVE:
    'A retrying instance is tried again by itself: call instances_wait. A dead one needs its server started, or instances_reconnect.',
  INSTANCE_GONE: 'Its registration was removed: the server has ended. Call instances_list.',
  CONNECTION_LOST:
    'The call was sent, and whether it took effect is not known. Check before you repeat it; it is never sent twice.',
  CALL_ABANDONED:
    'The session left the instance while the call was running. Check before you repeat it.',
  INSTANCE_REFUSED: 'The instance is there but turned the request down: see last_error.',
  MESSAGE_TOO_LARGE: 'Ask for less at once, or raise --max-message.',
  WAIT_TIMEOUT: 'Wait again, or call instances_health to see why it is not there.',
  HUB_STOPPING: 'The hub is being stopped.',
} as const;

export type HubErrorCode = keyof typeof HUB_ERRORS;

/** Facts beside code and message, where they are known. */
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

/** Candidates that are listed at most. */
const MOST_CANDIDATES = 100;

/** What servers said is made {@link shown}, and no list is endless. */
function shownFacts({ last_error: error, candidates }: HubErrorFacts): HubErrorFacts {
  return {
    ...(error ? { last_error: { ...error, message: shown(error.message) } } : {}),
    ...(candidates ? { candidates: candidates.slice(0, MOST_CANDIDATES) } : {}),
  };
}

/** A request that the hub can't do: a code, a fact, a next step. */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly code: HubErrorCode;
  readonly facts: HubErrorFacts;

  constructor(code: HubErrorCode, message: string, facts: HubErrorFacts = {}) {
    super(message);
    this.code = code;
    this.facts = { ...facts, ...shownFacts(facts) };
  }

  /** As it goes to the agent. */
  toJSON() {
    const { code, message, facts } = this;
    return { code, message, ...facts, hint: HUB_ERRORS[code] };
  }
}
