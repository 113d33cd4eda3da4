#!/usr/bin/env node
import { CommanderError } from 'commander';
import { listenForEnds } from './interrupt.ts';
import { warn } from './output.ts';
import { makeProgram } from './program.ts';
import { exitCodes, Stop } from './stop.ts';

listenForEnds();
try {
  await makeProgram().parseAsync();
} catch (error) {
  process.exitCode = codeOf(error);
}

function codeOf(error: unknown): number {
  // It has said what it has to say.
  if (error instanceof CommanderError) {
    return error.exitCode === 0 || error.code === 'commander.help' ? exitCodes.ok : exitCodes.usage;
  }
  warn((error as Error).message);
  return error instanceof Stop ? error.code : exitCodes.refused;
}
