// What is bundled, and how. The tests look at the same bundles.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';

const { version, engines } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** @satisfies {import('esbuild').BuildOptions} */
const common = {
  bundle: true,
  format: 'esm',
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/** @satisfies {import('esbuild').BuildOptions} */
const forNode = {
  ...common,
  outdir: 'dist',
  platform: 'node',
  target: engines.node.replace('>=', 'node'),
  minifySyntax: true,
  minifyWhitespace: true,
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
};

/** The command: one entry with its lazy parts beside it. */
export const bin = {
  ...forNode,
  entryPoints: { signalbox: 'src/main.ts' },
  chunkNames: 'lazy/[name]-[hash]',
  splitting: true,
};

/** The library, bundled by itself: what it shares with the command would be cut into smaller parts for both. */
export const library = { ...forNode, entryPoints: { instance: 'src/instance.ts' } };

/**
 * The inspector's page.
 * @satisfies {import('esbuild').BuildOptions}
 */
export const page = {
  ...common,
  entryPoints: [
    { in: 'src/inspector/page/main.tsx', out: 'app' },
    { in: 'src/inspector/page/page.css', out: 'app' },
  ],
  outdir: 'dist/page',
  platform: 'browser',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
};

/** Folders of the packages of which something is in the bundles, sorted. */
export function packagesIn(metafiles) {
  const outputs = metafiles.flatMap((each) => Object.values(each.outputs));
  const inputs = outputs.flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? file : [])),
  );
  const folders = inputs.flatMap(
    (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

/** What ws uses only if it happens to be installed. */
const OPTIONAL = ['bufferutil', 'utf-8-validate'];

/** What the bundles import that is neither in them nor in Node. */
export function missingFrom(metafiles) {
  const imports = metafiles
    .flatMap((each) => Object.values(each.outputs))
    .flatMap((output) => output.imports);
  const names = imports.filter(({ external }) => external).map(({ path }) => path);
  const isThere = (name) => builtinModules.includes(name.replace(/^node:/, ''));
  return [...new Set(names)].filter((name) => !isThere(name) && !OPTIONAL.includes(name));
}
