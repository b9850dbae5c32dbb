// The notices of the packages that are bundled: their licences ask for them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const RULE = `\n${'-'.repeat(80)}\n\n`;

/** The text of THIRD-PARTY-NOTICES for the packages in these folders. Throws when one has no licence text. */
export function thirdPartyNotices(folders) {
  const notices = folders.map(noticeOf);
  const unique = [...new Map(notices.map((each) => [each.title, each])).values()].sort((a, b) =>
    a.title.localeCompare(b.title, 'en'),
  );
  return [
    'Signalbox contains parts of the following packages.\n',
    ...unique.map(({ title, license, text }) => `${title} (${license})\n\n${text.trim()}\n`),
  ].join(RULE);
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e(\.|-mit|$)/i.test(each));
  if (!name || !version || !license) throw new Error(`${folder}: no name, version or license`);
  if (file === undefined) throw new Error(`${folder}: no file with the text of its license`);
  return { title: `${name} ${version}`, license, text: readFileSync(join(folder, file), 'utf8') };
}
