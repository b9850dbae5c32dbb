import type { Writable } from 'node:stream';
import { BUDGETS } from './budgets.ts';
import { LogLimit } from './log-limit.ts';
import { printable } from './printable.ts';

/** From quiet to talkative; each level includes those before it. */
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

/** What a line is about, in the order of preference. */
const SUBJECTS = ['instance', 'id', 'session', 'file', 'actor'];

/**
 * A logger that writes what `level` lets through, to stderr unless told otherwise. Lines of one kind about one subject are
 * limited: others can cause any number of them. `left_out` says how many were not written.
 */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = linesTo(process.stderr),
): Logger {
  const limit = new LogLimit(() => performance.now());
  const print = (at: LogLevel, message: string, fields: LogFields) => {
    const said = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`);
    const line = [new Date().toISOString(), at, printable(message), ...said].join(' ');
    try {
      write(`${line}\n`);
    } catch {
      // Nobody listens any more.
    }
  };
  const logAt = (at: LogLevel): Log => {
    if (LOG_LEVELS.indexOf(at) > LOG_LEVELS.indexOf(level)) return () => {};
    return (message, fields = {}) => {
      const subject = SUBJECTS.find((key) => key in fields);
      const about = subject === undefined ? {} : { [subject]: fields[subject] ?? null };
      const kind = JSON.stringify([at, message, about]);
      const leftOut = limit.take(kind);
      if (leftOut === 0) print(at, message, fields);
      else if (leftOut !== null) print(at, message, { ...fields, left_out: leftOut });
      // The count is told even when no further line comes.
      else if (limit.leftOut(kind) === 1) {
        setTimeout(() => {
          const untold = limit.leftOut(kind) > 0 ? limit.take(kind) : null;
          if (untold !== null) print(at, message, { ...about, left_out: untold });
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

/** Writes lines to a stream. While nobody reads it, lines are left out, and counted: they would pile up in memory. */
export function linesTo(stream: Writable): (line: string) => void {
  let leftOut = 0;
  return (line) => {
    if (stream.writableNeedDrain) {
      leftOut += 1;
      return;
    }
    const before = leftOut > 0 ? `${leftOut} lines were left out: the log was not read\n` : '';
    leftOut = 0;
    stream.write(before + line);
  };
}
