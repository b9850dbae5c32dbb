import { isObject, objectOf, parseJson, stringOf } from '../wire/json.ts';
import type { Session } from '../wire/session/session.ts';

/** How often a tool has to answer by an event stream with its answer alone before it is asked for JSON. */
const PROOFS = 3;

/** Longer calls aren't looked into: the answer's form isn't what takes their time. In UTF-16 units. */
const LONGEST = 4 * 1024;

const PROBE_ID = 'signalbox:json';

const PROBE = `{"jsonrpc":"2.0","id":"${PROBE_ID}","method":"ping"}`;

/** The first version with Streamable HTTP, whose clients must accept both forms of an answer. */
const STREAMABLE_HTTP = '2025-03-26';

/**
 * Whether an instance may be asked for JSON alone at all: it answered a newer version with one that comes before Streamable HTTP, so
 * no rule of that transport binds it, and it has no sessions.
 */
export function mayAnswerJson(
  offered: string,
  answered: string,
  { hasId }: Pick<Session, 'hasId'>,
): boolean {
  return offered >= STREAMABLE_HTTP && answered < STREAMABLE_HTTP && !hasId;
}

/**
 * Decides which calls of one MCP session are sent with `Accept: application/json` alone. Such an answer is cheaper on both ends, but
 * nothing can come before it. So the instance has to have answered a ping of the hub that way, the tool has to have used
 * its event streams for nothing but the answer, and the first doubt ends it.
 */
export class JsonAnswers {
  #isProven = false;
  #isRefused = false;
  /** How often a tool has answered by an event stream; infinitely negative: it doesn't answer in JSON. */
  readonly #proofs = new Map<string, number>();

  /** Asks the instance itself, by a request that no agent waits for. */
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

  /** The tool that a call may be sent to for JSON alone; null: it isn't that kind of call. */
  toolOf(method: string, frame: string): string | null {
    if (this.#isRefused || method !== 'tools/call' || frame.length > LONGEST) return null;
    if (frame.includes('"progressToken"')) return null;
    return stringOf(objectOf(objectOf(parseJson(frame))['params'])['name']);
  }

  /** Whether a call of `tool` is to be sent for JSON alone. */
  wants(tool: string): boolean {
    return this.#isProven && !this.#isRefused && (this.#proofs.get(tool) ?? 0) >= PROOFS;
  }

  /** The response to a call, whichever was accepted, brought its answer and nothing before it. */
  answeredAlone(tool: string): void {
    this.#proofs.set(tool, (this.#proofs.get(tool) ?? 0) + 1);
  }

  /** Asked for JSON alone, the tool answered with what it called an event stream. */
  streamed(tool: string): void {
    this.#proofs.set(tool, Number.NEGATIVE_INFINITY);
  }

  /** The instance uses the streams of requests for more than answers, or doesn't answer in JSON after all. */
  refuse(): void {
    this.#isRefused = true;
  }
}
