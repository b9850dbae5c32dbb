import { constants, createWriteStream, fchmodSync, fstatSync, openSync } from 'node:fs';
import { errnoOf, UsageError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { printable } from '../printable.ts';
import { VERSION } from '../version.ts';
import { Recorder } from './recorder.ts';

/** Bytes that a slow disk may be behind. */
const BACKLOG = 16 * 2 ** 20;

// A FIFO that nobody reads is an error then, not a wait for ever.
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NONBLOCK;

/** A recording under way. */
export interface RecordFile {
  readonly recorder: Recorder;
  /** Resolves when all of it is written, or can't be. */
  close(): Promise<void>;
}

/**
 * Begins a recording in `file`, for its owner's eyes only. Throws {@link UsageError} when it can't be opened; what fails
 * later ends the recording with a line in the log, and nothing else.
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
    log.warn('the recording ends here', { file, reason });
    stream.destroy();
  };
  stream.on('error', (error) => fail(errnoOf(error) ?? error.message));
  const recorder = new Recorder({
    version: VERSION,
    now: Date.now,
    write: (line) => {
      if (failed) return;
      stream.write(`${line}\n`);
      if (stream.writableLength > BACKLOG) fail('the disk is too slow');
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
