// Bundles the bin. One entry, its lazy parts beside it: what `hub` doesn't need to answer
// `initialize` is not even read from disk.
import { chmod, copyFile, readFile, rm } from 'node:fs/promises';
import { build } from 'esbuild';
import { drawCharts } from './draw-charts.mjs';

const { version, engines } = JSON.parse(
  await readFile(new URL('../package.json', import.meta.url), 'utf8'),
);

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { signalbox: 'src/main.ts' },
  outdir: 'dist',
  chunkNames: 'lazy/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: engines.node.replace('>=', 'node'),
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: {
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
});
await chmod('dist/signalbox.js', 0o755);

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
