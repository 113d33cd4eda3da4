import { buildIfNeeded } from './build.js';
import { checkNode, install } from './install.js';
import { checkPort } from './port.js';

checkNode();
await checkPort();
await install();
await buildIfNeeded();
// In this process: signals reach the server itself.
await import('../dist/src/main.js');
