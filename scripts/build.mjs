// Bundles the bin and the library. Of the bin one entry, its lazy parts beside it: what `hub` doesn't need to answer
// `initialize` is not even read from disk.
import { chmod, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import ts from 'typescript';
import { drawCharts } from './draw-charts.mjs';

const { version, engines } = JSON.parse(
  await readFile(new URL('../package.json', import.meta.url), 'utf8'),
);

await rm('dist', { recursive: true, force: true });
/** @type {import('esbuild').BuildOptions} */
const forNode = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: engines.node.replace('>=', 'node'),
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  // What it names as its main file can't be bundled.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  define: {
    __filename: 'import.meta.filename',
    SIGNALBOX_VERSION: JSON.stringify(version),
    SIGNALBOX_NODE: JSON.stringify(engines.node),
  },
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
    ].join('\n'),
  },
  logLevel: 'warning',
};
await build({
  ...forNode,
  entryPoints: { signalbox: 'src/main.ts' },
  chunkNames: 'lazy/[name]-[hash]',
  splitting: true,
});
await chmod('dist/signalbox.js', 0o755);

// By itself: what it shares with the bin would be cut into smaller parts for both.
await build({ ...forNode, entryPoints: { instance: 'src/instance.ts' } });
const library = ts.transpileDeclaration(await readFile('src/instance.ts', 'utf8'), {
  compilerOptions: { target: ts.ScriptTarget.ES2022 },
});
await writeFile('dist/instance.d.ts', library.outputText);

await build({
  entryPoints: [
    { in: 'src/inspector/page/main.tsx', out: 'app' },
    { in: 'src/inspector/page/page.css', out: 'app' },
  ],
  outdir: 'dist/page',
  bundle: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  define: { CHARTS: JSON.stringify(await drawCharts()) },
  logLevel: 'warning',
});
await copyFile('src/inspector/page/index.html', 'dist/page/index.html');
