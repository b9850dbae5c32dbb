// Bundles the bin, the library and the page of the inspector.
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import ts from 'typescript';
import { buildBin, buildLibrary, buildPage, missingFrom, packagesIn } from './bundles.mjs';
import { drawCharts } from './draw-charts.mjs';
import { registrationSchema } from './registration-schema.mjs';
import { thirdPartyNotices } from './third-party-notices.mjs';

await rm('dist', { recursive: true, force: true });
const { entry, rest } = await buildBin();
const results = [entry, rest, await buildLibrary(), await buildPage(await drawCharts())];
await chmod('dist/signalbox.js', 0o755);
await copyFile('src/inspector/page/index.html', 'dist/page/index.html');

const { outputText } = ts.transpileDeclaration(await readFile('src/instance.ts', 'utf8'), {
  compilerOptions: { target: ts.ScriptTarget.ES2022 },
});
await writeFile('dist/instance.d.ts', outputText);

await mkdir('schemas', { recursive: true });
await writeFile('schemas/registration.schema.json', await registrationSchema());

const metafiles = results.map(({ metafile }) => metafile);
const missing = missingFrom(metafiles);
if (missing.length > 0) throw new Error(`not in the bundle: ${missing.join(', ')}`);
await writeFile('THIRD-PARTY-NOTICES', thirdPartyNotices(packagesIn(metafiles)));
