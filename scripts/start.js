import { buildIfNeeded } from './build.js';
import { endOnSignal } from './children.js';
import { install } from './install.js';
import { checkData, checkNode, checkPort } from './preflight.js';
import { step } from './step.js';

checkNode();
const heed = endOnSignal('Stopped. Run npm start to go on.');
await checkPort();
checkData();
await install();
await buildIfNeeded();
// In this process: signals reach the server itself.
const { start } = await import('../dist/src/start.js');
heed();
await start(step);
