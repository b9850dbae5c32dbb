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

/** A logger that writes what `level` lets through, to stderr unless told otherwise. */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const logAt = (at: LogLevel): Log => {
    if (LOG_LEVELS.indexOf(at) > LOG_LEVELS.indexOf(level)) return () => {};
    return (message, fields = {}) => {
      const said = Object.entries(fields).map(([key, value]) => `${key}=${show(value)}`);
      const line = [new Date().toISOString(), at, printable(message), ...said].join(' ');
      try {
        write(`${line}\n`);
      } catch {
        // Nobody listens any more.
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
