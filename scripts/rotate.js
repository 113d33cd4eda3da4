import { buildIfMissing } from './build.js';
import { install } from './install.js';
import { checkNode } from './preflight.js';

checkNode();
// stdout is for what was asked for.
await install(process.stderr);
await buildIfMissing(process.stderr);
await import('../dist/src/rotate.js');
