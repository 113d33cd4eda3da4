import type { Flag } from './command.ts';

/** What every command takes. */
export const everywhere: Flag[] = [
  { form: '--json', about: "print the server's JSON" },
  { form: '--select <path>', about: 'print only what is there in the JSON, such as .data[].name' },
];

/** And what asks for its help. */
export const helpFlag: Flag = { form: '-h, --help', about: 'print this' };
