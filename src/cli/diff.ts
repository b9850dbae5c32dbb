import { createTwoFilesPatch } from 'diff';
import type { Change } from '../clients/change.ts';
import { printable } from '../printable.ts';

const COLOURS: Readonly<Record<string, string>> = { '+': '32', '-': '31', '@': '36' };

/** Renders a change as a unified diff. Values of other entries are hidden. Coloured on a terminal unless NO_COLOR is set. */
export function renderDiff(
  { file, before, shown }: Change,
  { isTTY }: { readonly isTTY?: boolean },
): string {
  const isColourful = isTTY === true && !process.env['NO_COLOR'];
  const name = before === null ? '/dev/null' : file;
  const patch = createTwoFilesPatch(name, file, shown.before, shown.after, '', '', { context: 3 });
  return patch
    .slice(patch.indexOf('--- '))
    .split('\n')
    .map((line) => line.trimEnd().split('\t').map(printable).join('\t'))
    .map((line) => {
      const colour = isColourful ? COLOURS[line.charAt(0)] : undefined;
      return colour === undefined ? line : `\u001b[${colour}m${line}\u001b[0m`;
    })
    .join('\n')
    .trimEnd();
}
