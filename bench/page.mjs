// Writes the pages in docs/ that contain measurements.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

/** Describes this machine in one line. */
function machine() {
  const all = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${all.length} × ${all[0]?.model.trim()}, ${memory} GiB, Node ${process.versions.node}, ${process.platform}`;
}

/** Writes `docs/NAME.md`: title, command, date, machine, and the text. */
export function writePage(name, title, command, text) {
  const day = new Date().toISOString().slice(0, 10);
  const page = `# ${title}\n\nWritten by \`${command}\` on ${day}, on ${machine()}.\n\n${text.trim()}\n`;
  writeFileSync(new URL(`../docs/${name}.md`, import.meta.url), page);
}

/** The current Budgets section of service-levels.md. It is generated from src/budgets.ts, not measured. */
export function budgets() {
  const page = readFileSync(new URL('../docs/service-levels.md', import.meta.url), 'utf8');
  return page.slice(page.indexOf('## Budgets')).trim().split('\n');
}
