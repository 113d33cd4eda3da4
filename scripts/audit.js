import { buildIfMissing } from './build.js';
import { checkNode, install } from './install.js';

checkNode();
await install();
await buildIfMissing();
await import('../dist/src/check_audit.js');
