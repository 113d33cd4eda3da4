import type { Command } from '../command.ts';

/** The same as `--help`, where people look for it first. */
export const help: Command = {
  name: 'help',
  about: 'print the help of a command',
  arguments: [
    { name: 'command', about: 'a command, or a group of them', isOptional: true, values: ['commands'] },
    { name: 'subcommand', about: 'one of the group', isOptional: true },
  ],
  calls: [],
  examples: ['help', 'help runs', 'help runs create'],
  run: ({ words }, help) => help([words.command, words.subcommand].filter((word) => word !== undefined)),
};
