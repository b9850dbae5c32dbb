import type { Finding } from '../doctor/finding.ts';
import { printable } from '../printable.ts';

/** How a report is rendered on a terminal. */
export interface ReportStyle {
  /** Whether levels are shown as signs instead of words. */
  readonly hasSigns: boolean;
  readonly hasColour: boolean;
}

const WORDS = { ok: 'ok', note: 'note', problem: 'problem' } as const;
const SIGNS = { ok: '✓', note: '!', problem: '✗' } as const;

/** SGR codes. */
const COLOURS = { ok: 32, note: 33, problem: 31 } as const;

/** Signs on a terminal, otherwise words. Colours on a terminal unless NO_COLOR is set. */
export function reportStyleOf({ isTTY }: NodeJS.WriteStream): ReportStyle {
  return { hasSigns: isTTY, hasColour: isTTY && !process.env['NO_COLOR'] };
}

/** Renders the findings grouped by check, with their remedies and the number of problems. */
export function renderReport(findings: readonly Finding[], style: ReportStyle): string {
  const checks = [...new Set(findings.map(({ check }) => check))];
  const groups = checks.map((name) => {
    const own = findings.filter(({ check }) => check === name);
    const lines = own.flatMap((finding, index) => {
      const [line, remedy] = renderFinding(finding, style);
      // Consecutive findings with the same remedy show it once, below the last.
      const isSaidBelow = finding.remedy === own[index + 1]?.remedy;
      return finding.remedy === null || isSaidBelow ? [line] : [line, remedy];
    });
    return [printable(name), ...lines].join('\n');
  });
  const problems = findings.filter(({ level }) => level === 'problem').length;
  const sum =
    problems === 0 ? 'All checks passed.' : `${problems} problem${problems === 1 ? '' : 's'}`;
  return [...groups, sum].join('\n\n');
}

function renderFinding(
  { level, subject, says, remedy }: Finding,
  { hasSigns, hasColour }: ReportStyle,
): readonly [line: string, remedy: string] {
  const marks = hasSigns ? SIGNS : WORDS;
  const width = Math.max(...Object.values(marks).map(({ length }) => length));
  const padded = marks[level].padEnd(width);
  const mark = hasColour ? `\u001b[${COLOURS[level]}m${padded}\u001b[39m` : padded;
  return [
    `  ${mark} ${printable(subject)}: ${printable(says)}`,
    `  ${' '.repeat(width)}   ${printable(remedy ?? '')}`,
  ];
}
