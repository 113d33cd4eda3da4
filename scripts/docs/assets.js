import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../children.js';

const folder = join(root, 'scripts/docs');

/**
 * What the pages load, under names with a hash of what is in it.
 * @returns {Promise<{ names: Record<string, string>, contents: Map<string, string | Uint8Array> }>} names by what pages call them:
 * `main`, `theme`, `site.css`, `key.svg`
 */
export async function builtAssets() {
  const options = { absWorkingDir: root, outdir: 'assets', write: false, bundle: true, minify: true, metafile: true };
  const named = { entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]', target: 'es2022', logLevel: 'error' };
  const entry = (name) => join(folder, name);
  const made = await Promise.all([
    // It runs before the page is drawn, so it is no module.
    build({ ...options, ...named, format: 'iife', entryPoints: [entry('browser/theme.ts'), entry('site.css')] }),
    build({ ...options, ...named, format: 'esm', splitting: true, entryPoints: [entry('browser/main.ts')] }),
  ]);
  const names = {};
  const contents = new Map();
  for (const { outputFiles, metafile } of made) {
    for (const { path, contents: bytes } of outputFiles) contents.set(basename(path), bytes);
    for (const [path, { entryPoint }] of Object.entries(metafile.outputs))
      if (entryPoint) names[basename(entryPoint).replace(/\.ts$/, '')] = basename(path);
  }
  const icon = readFileSync(join(root, 'console/src/key.svg'));
  names['key.svg'] = `key-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  contents.set(names['key.svg'], icon);
  return { names, contents };
}
