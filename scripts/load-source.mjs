// Lets a script use the sources, which Node 20 cannot import as they are.
import { build } from 'esbuild';

/** What `statements`, exports from files of this repository, export. */
export async function loadSource(statements) {
  const { outputFiles } = await build({
    stdin: { contents: statements, resolveDir: '.' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  });
  const [{ text }] = outputFiles;
  return import(`data:text/javascript;base64,${Buffer.from(text).toString('base64')}`);
}
