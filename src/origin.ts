import type { RefusedOrigin } from '../machines/model.ts';

/** An origin as people are shown it. It may hold anything: it is for {@link printable}. */
export function originText(origin: RefusedOrigin): string {
  switch (origin.kind) {
    case 'file':
      return origin.file;
    case 'directory':
      return origin.directory;
  }
}

/** A text that is equal for equal origins, and for no others. */
export function originKey(origin: RefusedOrigin): string {
  return `${origin.kind} ${originText(origin)}`;
}
