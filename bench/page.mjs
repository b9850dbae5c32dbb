// How the pages in docs/ that hold figures begin.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** The machine in a line. */
function machine() {
  const all = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${all.length} × ${all[0]?.model.trim()}, ${memory} GiB, Node ${process.versions.node}, ${process.platform}`;
}

/** Writes `docs/NAME.md`: a title, who wrote it where, the text. */
export function writePage(name, title, command, text) {
  const day = new Date().toISOString().slice(0, 10);
  const page = `# ${title}\n\n\`${command}\` wrote this page on ${day} on ${machine()}.\n\n${text.trim()}\n`;
  writeFileSync(new URL(`../docs/${name}.md`, import.meta.url), page);
}

/** The section of service-levels.md that is made of src/budgets.ts, as it is now: no figure of it is measured. */
export function budgets() {
  const page = readFileSync(new URL('../docs/service-levels.md', import.meta.url), 'utf8');
  return page.slice(page.indexOf('## Budgets')).trim().split('\n');
}
