import { isObject, objectOf, parseJson, stringOf } from '../wire/json.ts';
import type { Session } from '../wire/session/session.ts';

/** How often a tool must send nothing but its answer on an event stream before it is asked for JSON. */
const PROOFS = 3;

/** Longer calls aren't examined, because the form of the answer hardly matters for them. In UTF-16 units. */
const LONGEST = 4 * 1024;

const PROBE_ID = 'signalbox:json';

const PROBE = `{"jsonrpc":"2.0","id":"${PROBE_ID}","method":"ping"}`;

/** The first version with Streamable HTTP, whose clients must accept both forms of an answer. */
const STREAMABLE_HTTP = '2025-03-26';

/**
 * Whether an instance may be asked for JSON alone at all: it answered with a version older than Streamable HTTP, so that the
 * rules of that transport don't apply, and it has no sessions.
 */
export function mayAnswerJson(
  offered: string,
  answered: string,
  { hasId }: Pick<Session, 'hasId'>,
): boolean {
  return offered >= STREAMABLE_HTTP && answered < STREAMABLE_HTTP && !hasId;
}

/**
 * Decides which calls of one MCP session are sent with `Accept: application/json` alone. Such an answer is cheaper on both
 * ends, but nothing can precede it. So the instance must have answered a ping of the hub that way, the tool must have used
 * its event streams for nothing but the answer, and any doubt ends it for the session.
 */
export class JsonAnswers {
  #isProven = false;
  #isRefused = false;
  /** How often a tool has answered on an event stream; negative infinity if it doesn't answer in JSON. */
  readonly #proofs = new Map<string, number>();

  /** Finds out with a ping, for which no agent waits. */
  probe(session: Pick<Session, 'post'>): void {
    let isStream = false;
    session.post(
      PROBE,
      {
        onOpen: () => {
          isStream = true;
        },
        onFrame: (text) => {
          const answer = parseJson(text);
          this.#isProven = !isStream && isObject(answer) && answer['id'] === PROBE_ID;
          return undefined;
        },
        onOversize: () => {},
        onEnd: () => {},
      },
      { accept: 'json' },
    );
  }

  /** The tool of a call that may be sent for JSON alone; null for any other request. */
  toolOf(method: string, frame: string): string | null {
    if (this.#isRefused || method !== 'tools/call' || frame.length > LONGEST) return null;
    if (frame.includes('"progressToken"')) return null;
    return stringOf(objectOf(objectOf(parseJson(frame))['params'])['name']);
  }

  /** Whether a call of `tool` should be sent for JSON alone. */
  wants(tool: string): boolean {
    return this.#isProven && !this.#isRefused && (this.#proofs.get(tool) ?? 0) >= PROOFS;
  }

  /** The response to a call brought its answer and nothing before it. */
  answeredAlone(tool: string): void {
    this.#proofs.set(tool, (this.#proofs.get(tool) ?? 0) + 1);
  }

  /** Asked for JSON alone, the tool answered with an event stream. */
  streamed(tool: string): void {
    this.#proofs.set(tool, Number.NEGATIVE_INFINITY);
  }

  /** The instance sends more than answers on the streams of calls, or doesn't answer in JSON after all. */
  refuse(): void {
    this.#isRefused = true;
  }
}
