// What is bundled, and how. The tests look at the same bundles.
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, resolve } from 'node:path';
import { build } from 'esbuild';

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
};

/** Packages that are CommonJS call `require`. */
const banner = {
  js: [
    "import { createRequire as __createRequire } from 'node:module';",
    'const require = __createRequire(import.meta.url);',
  ].join('\n'),
};

/**
 * Bundles the command. What `hub` needs to answer `initialize` is one file, since each file that Node loads takes time; what
 * is imported dynamically is below `lazy`. The two share no module: an error of one is not an instance of the other's class.
 */
export async function buildBin(options = {}) {
  const lazy = new Map();
  const aside = {
    name: 'dynamic imports aside',
    setup({ onResolve }) {
      onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const [name, file] = [basename(path, '.ts'), resolve(resolveDir, path)];
        if ((lazy.get(name) ?? file) !== file) throw new Error(`two lazy parts are named ${name}`);
        lazy.set(name, file);
        return { path: `./lazy/${name}.js`, external: true };
      });
    },
  };
  const entryPoints = { signalbox: 'src/main.ts' };
  const entry = await build({ ...forNode, ...options, entryPoints, plugins: [aside] });
  const rest = await build({
    ...forNode,
    ...options,
    banner,
    outdir: 'dist/lazy',
    entryPoints: Object.fromEntries(lazy),
    splitting: true,
  });
  return { entry, rest };
}

/** Bundles the library. */
export function buildLibrary(options = {}) {
  return build({ ...forNode, ...options, banner, entryPoints: { instance: 'src/instance.ts' } });
}

/** @satisfies {import('esbuild').BuildOptions} */
const page = {
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

/** Bundles the inspector's page, with the drawings of the charts. */
export function buildPage(charts, options = {}) {
  return build({ ...page, ...options, define: { CHARTS: JSON.stringify(charts) } });
}

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
  const isThere = (name) =>
    name.startsWith('./lazy/') || builtinModules.includes(name.replace(/^node:/, ''));
  return [...new Set(names)].filter((name) => !isThere(name) && !OPTIONAL.includes(name));
}
