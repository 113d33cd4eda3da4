#!/usr/bin/env node
import { listenForEnds } from './interrupt.ts';
import { runProgram } from './program.ts';

listenForEnds();
process.exitCode = await runProgram(process.argv.slice(2));
