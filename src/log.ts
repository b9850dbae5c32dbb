import type { Writable } from 'node:stream';
import { BUDGETS } from './budgets.ts';
import { LogLimit } from './log-limit.ts';
import { printable } from './printable.ts';

/** Log levels, from least to most verbose. Each level includes those before it. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug', 'trace'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

type Log = (message: string, fields?: LogFields) => void;

/** One line per message: time, level, message, `key=value` fields. Never throws. */
export interface Logger {
  readonly error: Log;
  readonly warn: Log;
  readonly info: Log;
  readonly debug: Log;
  readonly trace: Log;
}

/** Fields that identify the subject of a line, in order of preference. */
const SUBJECTS = ['instance', 'id', 'session', 'file', 'actor'];

/**
 * Creates a logger that writes lines up to `level`, to stderr by default. Lines of one kind about one subject are rate-limited,
 * because instances and agents can cause any number of them. `left_out` says how many were omitted.
 */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = linesTo(process.stderr),
): Logger {
  const limit = new LogLimit(() => performance.now());
  const print = (at: LogLevel, message: string, fields: LogFields) => {
    const pairs = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`);
    const line = [new Date().toISOString(), at, printable(message), ...pairs].join(' ');
    try {
      write(`${line}\n`);
    } catch {
      // The stream is closed: nobody reads the log any more.
    }
  };
  const logAt = (at: LogLevel): Log => {
    if (LOG_LEVELS.indexOf(at) > LOG_LEVELS.indexOf(level)) return () => {};
    return (message, fields = {}) => {
      const subject = SUBJECTS.find((key) => key in fields);
      const about = subject === undefined ? {} : { [subject]: fields[subject] ?? null };
      const kind = JSON.stringify([at, message, about]);
      const omitted = limit.take(kind);
      if (omitted === 0) print(at, message, fields);
      else if (omitted !== null) print(at, message, { ...fields, left_out: omitted });
      // Report the count even if no further line follows.
      else if (limit.omitted(kind) === 1) {
        setTimeout(() => {
          const unreported = limit.omitted(kind) > 0 ? limit.take(kind) : null;
          if (unreported !== null) print(at, message, { ...about, left_out: unreported });
        }, BUDGETS.logInterval.value).unref();
      }
    };
  };
  return {
    error: logAt('error'),
    warn: logAt('warn'),
    info: logAt('info'),
    debug: logAt('debug'),
    trace: logAt('trace'),
  };
}

function show(value: string | number | boolean | null): string {
  const text = printable(String(value));
  return /[\s"=]/.test(text) || text === '' ? JSON.stringify(text) : text;
}

/** Writes lines to a stream. While the stream isn't read, lines are dropped and counted instead of buffered in memory. */
export function linesTo(stream: Writable): (line: string) => void {
  let dropped = 0;
  return (line) => {
    if (stream.writableNeedDrain) {
      dropped += 1;
      return;
    }
    const before = dropped > 0 ? `${dropped} lines were dropped: the log was not read\n` : '';
    dropped = 0;
    stream.write(before + line);
  };
}
