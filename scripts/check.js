// Everything that must hold before a change lands, in the order of how fast it fails: `npm run check`. All of it runs, and
// what failed is named at the end. `-- --fix` mends what can be mended first; `-- lint types` runs these alone.
import { spawn } from 'node:child_process';
import { root } from './children.js';
import { install } from './install.js';
import { checkNode } from './preflight.js';

const asked = process.argv.slice(2);
const fix = asked.includes('--fix');
const bin = (path) => [process.execPath, `node_modules/${path}`];
const steps = [
  ['lint', ...bin('@biomejs/biome/bin/biome'), ...(fix ? ['check', '--write'] : ['ci']), '--error-on-warnings', '.'],
  ['contract lint', ...bin('@redocly/cli/bin/cli.js'), 'lint'],
  ['rooms', process.execPath, 'scripts/rooms.js', ...(fix ? ['--write'] : [])],
  ['drift', process.execPath, fix ? 'scripts/generate.js' : 'scripts/drift.js'],
  ['types', ...bin('typescript/bin/tsc'), '--noEmit', '-p', '.'],
  ['console types', ...bin('typescript/bin/tsc'), '--noEmit', '-p', 'console'],
  ['docs types', ...bin('typescript/bin/tsc'), '--noEmit', '-p', 'scripts/docs/browser'],
  ['tests', ...bin('vitest/vitest.mjs'), 'run'],
  ['slow tests', ...bin('vitest/vitest.mjs'), 'run', '--config', 'tests/slow/vitest.config.ts'],
];

const wanted = asked.filter((name) => name !== '--fix');
const unknown = wanted.find((name) => !steps.some(([step]) => step === name));
if (unknown !== undefined) {
  console.error(`There is no check ${unknown}: ${steps.map(([name]) => name).join(', ')}, or --fix.`);
  process.exit(2);
}

checkNode();
await install();
const failed = [];
for (const [name, program, ...args] of steps) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const from = performance.now();
  console.log(`\n── ${name}`);
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(`── ${name}: ${code === 0 ? 'passed' : 'failed'} after ${seconds} s`);
  if (code !== 0) failed.push(name);
}
console.log(failed.length > 0 ? `\nFailed: ${failed.join(', ')}` : '\nAll passed');
process.exitCode = failed.length > 0 ? 1 : 0;
