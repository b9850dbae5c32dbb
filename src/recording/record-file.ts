import { constants, createWriteStream, fchmodSync, fstatSync, openSync } from 'node:fs';
import { errnoOf, UsageError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { printable } from '../printable.ts';
import { VERSION } from '../version.ts';
import { Recorder } from './recorder.ts';

/** Maximum number of bytes waiting to be written to a slow disk. */
const MAX_BACKLOG = 16 * 2 ** 20;

// With O_NONBLOCK, opening a FIFO without a reader fails instead of blocking.
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** A recording in progress. */
export interface RecordFile {
  readonly recorder: Recorder;
  /** Resolves once everything is written or writing has failed. */
  close(): Promise<void>;
}

/**
 * Starts a recording in `file`, with mode 0600. Throws {@link UsageError} if the file can't be opened. A later failure
 * ends the recording with a warning in the log and has no other effect.
 */
export function recordTo(file: string, log: Logger): RecordFile {
  let fd: number;
  try {
    fd = openSync(file, FLAGS, 0o600);
    if (fstatSync(fd).isFile()) fchmodSync(fd, 0o600);
  } catch (error) {
    throw new UsageError(
      `--record: ${printable(file)} cannot be written (${errnoOf(error) ?? 'unknown'})`,
    );
  }
  const stream = createWriteStream(file, { fd });
  let failed = false;
  const fail = (reason: string) => {
    if (failed) return;
    failed = true;
    log.warn('recording stopped', { file, reason });
    stream.destroy();
  };
  stream.on('error', (error) => fail(errnoOf(error) ?? error.message));
  const recorder = new Recorder({
    version: VERSION,
    now: Date.now,
    write: (line) => {
      if (failed) return;
      stream.write(`${line}\n`);
      if (stream.writableLength > MAX_BACKLOG) fail('the disk is too slow');
    },
  });
  return {
    recorder,
    close: () =>
      new Promise((resolve) => {
        if (failed) return resolve();
        stream.once('close', resolve);
        stream.end();
      }),
  };
}
