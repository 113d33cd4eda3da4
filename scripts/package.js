import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { root, run } from './children.js';

const client = join(root, 'generated/clients/typescript');
/**
 * Packs the TypeScript client with the command line, which is one file there and needs nothing, as `client.tgz`.
 * @param {string} folder where it goes
 */
export async function packClient(folder) {
  const stage = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
  const clean = () => rmSync(stage, { recursive: true, force: true });
  // A program that fails ends this process.
  process.on('exit', clean);
  try {
    for (const name of readdirSync(client)) {
      if (name !== 'cli' && !name.endsWith('.tgz')) cpSync(join(client, name), join(stage, name), { recursive: true });
    }
    const manifest = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'));
    // The command line has what it needs in it.
    const own = { ...manifest, dependencies: {} };
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
    await build({
      absWorkingDir: root,
      entryPoints: [join(client, manifest.bin.latchkey)],
      outfile: join(stage, manifest.bin.latchkey),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      legalComments: 'inline',
      logLevel: 'error',
      // Parts of it are CommonJS, and ask for what Node has.
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    });
    mkdirSync(folder, { recursive: true });
    const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
    await run(npm[0], [...npm.slice(1), 'pack', stage, '--pack-destination', folder, '--loglevel=error']);
    const packed = readdirSync(folder).find((name) => name.endsWith('.tgz') && !name.startsWith('latchkey-runner'));
    renameSync(join(folder, packed), join(folder, 'client.tgz'));
  } finally {
    clean();
    process.off('exit', clean);
  }
}

// In a process of its own, as the bundler's own process ends with the terminal's Ctrl-C and says so.
if (process.argv[1] === fileURLToPath(import.meta.url)) await packClient(process.argv[2] ?? '');
