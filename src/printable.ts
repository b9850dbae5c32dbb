import { BUDGETS } from './budgets.ts';

/** Control and format characters, such as those that change the text direction, line separators, and lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Escapes all characters that could forge lines or control a terminal. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether a text contains nothing that {@link printable} escapes. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}

/** Text from others, made {@link printable} and cut to the `shownText` budget. */
export function shown(text: string): string {
  const most = BUDGETS.shownText.value;
  // Escaping can make the text longer again.
  const escaped = printable(text.slice(0, most));
  return text.length > most || escaped.length > most ? `${escaped.slice(0, most - 1)}…` : escaped;
}
