import { Readable, Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { StdioTransport } from '../../src/server/fronts/stdio.ts';

/** The agent's end of stdout, which notes what is written in one chunk. */
function output() {
  const writes: string[] = [];
  const stream = new Writable({
    write: (chunk, _, done) => {
      writes.push(String(chunk));
      done();
    },
    writev: (chunks, done) => {
      writes.push(chunks.map(({ chunk }) => String(chunk)).join(''));
      done();
    },
  });
  return { stream, writes };
}

describe('stdout', () => {
  it('gets a single frame immediately, and frames that follow in the same turn in one chunk', async () => {
    const { stream, writes } = output();
    const transport = new StdioTransport(Readable.from([]), stream);
    transport.send('1');
    expect(writes).toEqual(['1\n']);
    transport.send('2');
    transport.send([Buffer.from('3'), Buffer.from('4')]);
    expect(writes).toEqual(['1\n']);
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).toEqual(['1\n', '2\n34\n']);
    transport.send('5');
    expect(writes.at(-1)).toBe('5\n');
  });

  it('gets a large frame and its newline in one chunk', () => {
    const { stream, writes } = output();
    new StdioTransport(Readable.from([]), stream).send([Buffer.from('1'), Buffer.from('2')]);
    expect(writes).toEqual(['12\n']);
  });
});
