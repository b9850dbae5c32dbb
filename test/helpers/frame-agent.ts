import { z } from 'zod';
import { asDeclared } from './declared-output.ts';

const frame = z.record(z.string(), z.any());

/** A frame, as tests inspect it. */
export type Frame = z.infer<typeof frame>;

/** An agent that reads and writes raw frames. */
export abstract class FrameAgent {
  /** All frames it received, in order. */
  readonly frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();

  /** Sends one line to the hub. */
  abstract write(line: string): void;

  /** Receives output of the hub. */
  protected take(lines: readonly string[]): void {
    this.frames.push(...lines.map((line) => JSON.parse(line)));
    for (const look of this.#waiting) look();
  }

  send(...messages: (object | string)[]): void {
    for (const each of messages) this.write(typeof each === 'string' ? each : JSON.stringify(each));
  }

  /** The first matching frame, already received or still to come. */
  async next(fits: (frame: Frame) => boolean): Promise<Frame> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.frames.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The answer to request `id`. */
  answer(id: number | string): Promise<Frame> {
    return this.next((frame) => frame['id'] === id && !('method' in frame));
  }

  /** Sends `initialize` and `initialized`. Resolves with the answer. */
  async initialize(
    capabilities: object = {},
    { protocolVersion = '2025-11-25', name = 'raw-agent' } = {},
  ) {
    const params = { protocolVersion, capabilities, clientInfo: { name, version: '0' } };
    this.send({ jsonrpc: '2.0', id: 'init', method: 'initialize', params });
    const answer = await this.answer('init');
    this.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return answer;
  }

  /** Makes a call. Resolves with its answer. */
  async call(id: number, name: string, args: object = {}) {
    this.send({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } });
    return asDeclared(name, (await this.answer(id))['result']);
  }
}
