import { pipeline, type Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** What has come is given out at once: a stream of events may be far from its end. */
const AT_ONCE = { flush: constants.Z_SYNC_FLUSH };

/** The body without its content coding. Nobody asked for one, but some servers, or proxies before them, always use it. */
export function decoded(body: Readable, encoding: string | undefined): Readable {
  const decoder = decoderOf(encoding?.trim().toLowerCase());
  // An error of either ends both, and is told by the decoder.
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
