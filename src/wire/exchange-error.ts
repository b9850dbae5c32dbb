import type { Failure } from '../../machines/model.ts';
import { shown } from '../printable.ts';

/** The failure of whatever was under way when its owner closed the connection. */
export const CLOSED: Failure = { code: 'CONNECTION_LOST', message: 'the connection was closed' };

/**
 * A request got no answer: it was refused or lost, or something that isn't MCP answered it. Text from the server is
 * sanitized by {@link shown}.
 */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly failure: Failure;
  /** The HTTP status that the failure was read from, or null. */
  readonly status: number | null;

  constructor(failure: Failure, status: number | null = null) {
    const message = shown(failure.message);
    super(message);
    this.failure = { ...failure, message };
    this.status = status;
  }
}
