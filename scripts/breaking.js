// What breaks callers since the last release, or since this branch left main: `npm run breaking`, or `-- REF`. Such a change fails unless the
// major of `info.version` has moved and CHANGELOG.md names the operation.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byHand } from './breaking/plain.js';
import { byOasdiff, oasdiff } from './breaking/tool.js';
import { root } from './children.js';
import { surfaces } from './surfaces.js';

const git = (...args) => {
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return status === 0 ? stdout : undefined;
};
const first = (...tries) => tries.map((args) => git(...args)?.trim()).find(Boolean);

const args = process.argv.slice(2);
const [asked] = args.filter((one) => !one.startsWith('--'));
const base = asked
  ? first(['rev-parse', '--verify', `${asked}^{commit}`])
  : first(
      ['describe', '--tags', '--abbrev=0', '--match', 'v*'],
      ['merge-base', 'HEAD', 'origin/main'],
      ['merge-base', 'HEAD', 'main'],
    );
if (base === undefined) {
  console.error(
    `Nothing to compare with: ${asked ? `there is no ${asked}` : 'no tag v…, and no branch main'}. npm run breaking -- REF`,
  );
  process.exit(2);
}

const program = args.includes('--plain') ? undefined : oasdiff();
const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'latchkey-breaking-'));
const majorOf = ({ info }) => Number(info.version.split('.')[0]);
let refused = 0;
try {
  console.log(`Since ${base}, by ${program ? 'oasdiff' : 'our own comparison, which sees less (Go is not there)'}:`);
  for (const surface of surfaces) {
    const text = git('show', `${base}:generated/${surface}.json`);
    if (text === undefined) {
      console.log(`  ${surface}: new`);
      continue;
    }
    const after = join(root, `generated/${surface}.json`);
    const before = join(folder, `${surface}.json`);
    writeFileSync(before, text);
    const [was, is] = [JSON.parse(text), JSON.parse(readFileSync(after, 'utf8'))];
    const found = program ? byOasdiff(program, before, after) : byHand(surface, was, is);
    console.log(`  ${surface}: ${found.length === 0 ? 'nothing breaks' : `${found.length} that break`}`);
    for (const { operation, id, path, text: what } of found) {
      const isNamed = [id, path].some((name) => name && changelog.includes(name));
      const excuses = [
        majorOf(is) > majorOf(was) || 'the major has not moved',
        isNamed || 'CHANGELOG.md does not name it',
      ];
      const missing = excuses.filter((one) => one !== true);
      if (missing.length > 0) refused += 1;
      const verdict = missing.length > 0 ? `FAILS, as ${missing.join(' and ')}` : 'announced';
      console.log(`    ${id || operation} ${operation} ${path}: ${what} (${verdict})`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(refused > 0 ? `${refused} changes break callers.` : 'No change breaks callers unannounced.');
process.exitCode = refused > 0 ? 1 : 0;
