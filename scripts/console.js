// Builds the console into a folder, each file of it beside itself as gzip and Brotli: `node scripts/console.js dist/console`.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './children.js';

/** @param {string} outDir where it goes; what else lies there stays */
export async function buildConsole(outDir) {
  await build({ root: join(root, 'console'), logLevel: 'warn', build: { outDir } });
  const assets = join(outDir, 'assets');
  for (const name of readdirSync(assets).filter((name) => !/\.(br|gz)$/.test(name))) {
    const path = join(assets, name);
    const plain = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(plain));
  }
}

// In a process of its own, as the bundler's own process ends with the terminal's Ctrl-C and says so.
if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildConsole(process.argv[2] ?? join(root, 'dist/console'));
