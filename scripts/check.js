// Everything that must hold before a change lands, in the order of how fast it fails: `npm run check`.
import { spawn } from 'node:child_process';
import { checkNode, install, root } from './install.js';

const bin = (path) => [process.execPath, `node_modules/${path}`];
const steps = [
  ['lint', ...bin('@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', '.'],
  ['contract lint', ...bin('@redocly/cli/bin/cli.js'), 'lint'],
  ['rooms', process.execPath, 'scripts/rooms.js'],
  ['types', ...bin('typescript/bin/tsc'), '--noEmit', '-p', '.'],
  ['drift', process.execPath, 'scripts/drift.js'],
  ['tests', ...bin('vitest/vitest.mjs'), 'run'],
  ['slow tests', ...bin('vitest/vitest.mjs'), 'run', '--config', 'tests/slow/vitest.config.ts'],
];

checkNode();
await install();
for (const [name, program, ...args] of steps) {
  const from = performance.now();
  console.log(`\n── ${name}`);
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const child = spawn(program, args, { cwd: root, env, stdio: 'inherit' });
  const code = await new Promise((resolve) => child.on('close', resolve));
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(`── ${name}: ${code === 0 ? 'passed' : 'failed'} after ${seconds} s`);
  if (code !== 0) process.exit(1);
}
