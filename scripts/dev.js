import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { root } from './children.js';
import { install } from './install.js';
import { checkData, checkNode, checkPort } from './preflight.js';

checkNode();
await checkPort();
checkData();
await install();

const tsx = [
  'node_modules/tsx/dist/cli.mjs',
  'watch',
  '--clear-screen=false',
  '--include',
  'generated/**/*',
  'src/main.ts',
];
const server = spawn(process.execPath, tsx, {
  cwd: root,
  stdio: 'inherit',
  env: { LATCHKEY_DEVELOPMENT: 'true', ...process.env },
});
server.on('exit', (code) => process.exit(code ?? 1));
// The terminal signals the server too; it drains, and we leave after it.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill(signal));

let timer;
let generating = false;
/** What is generated changes under the server, which then reloads. A mistake in a contract is shown, and waited for. */
function generateSoon() {
  clearTimeout(timer);
  timer = setTimeout(generating ? generateSoon : generate, 200);
}
function generate() {
  generating = true;
  const child = spawn(process.execPath, ['scripts/generate.js'], { cwd: root, stdio: 'inherit' });
  child.on('exit', () => {
    generating = false;
  });
}
watch(join(root, 'openapi'), { recursive: true }, generateSoon);
