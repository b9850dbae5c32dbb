import { BUDGETS } from './budgets.ts';

/** Controls, marks that turn the direction of text and the like, line separators, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** The text with everything escaped by which a name could forge lines or steer a terminal. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}

/** Whether a text holds nothing that {@link printable} escapes. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1;
}

/** What somebody else says, as it is shown: {@link printable}, and cut where it is too long. */
export function shown(text: string): string {
  const most = BUDGETS.shownText.value;
  // A character can be escaped in up to seven.
  const said = printable(text.slice(0, most));
  return text.length > most || said.length > most ? `${said.slice(0, most - 1)}…` : said;
}
