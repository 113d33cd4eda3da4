import { buildIfNeeded } from './build.js';
import { checkNode, install } from './install.js';

checkNode();
await install();
await buildIfNeeded();
await import('../dist/src/rotate.js');
