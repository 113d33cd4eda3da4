#!/usr/bin/env node
// The command line of this clone, as `npx latchkey`: it needs no build.
import { checkNode, install } from './install.js';

checkNode();
// stdout is for what was asked for.
console.log = console.error;
await install();
await import('../generated/clients/typescript/cli/main.js');
