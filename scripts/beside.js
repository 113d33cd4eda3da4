// Runs a command of the build, beside a server or without one: `node scripts/beside.js NAME …`.
import { buildIfMissing } from './build.js';
import { install } from './install.js';
import { checkNode } from './preflight.js';

checkNode();
const [name] = process.argv.splice(2, 1);
// stdout is for what was asked for.
await install(process.stderr);
await buildIfMissing(process.stderr);
await import(`../dist/src/${name}.js`);
