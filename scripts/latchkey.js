#!/usr/bin/env node
// The command line of this clone, as `npx latchkey`: it needs no build.
import { install } from './install.js';
import { checkNode } from './preflight.js';

checkNode();
// stdout is for what was asked for.
await install(process.stderr);
await import('../generated/clients/typescript/cli/main.js');
