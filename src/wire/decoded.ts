import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Pass on what has arrived at once: a stream of events may be far from its end. */
const AT_ONCE = { flush: constants.Z_SYNC_FLUSH };

/** The body without its content coding. The hub asks for none, but some servers and proxies always use one. */
export function decoded(body: Readable, encoding: string | undefined): Readable {
  const decoder = decoderOf(encoding?.trim().toLowerCase());
  // An error of either stream ends both and is emitted by the decoder.
  return decoder === null ? body : pipeline(body, decoder, () => {});
}

function decoderOf(encoding: string | undefined) {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return createGunzip(AT_ONCE);
    case 'deflate':
      return createInflate(AT_ONCE);
    case 'br':
      return createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH });
    default:
      return null;
  }
}
