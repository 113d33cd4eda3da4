import { type Command, detail } from '../command.ts';

/** Who the token belongs to, and the account that it acts in. */
export const whoami: Command = {
  name: 'whoami',
  about: 'show who you are to the server',
  examples: ['whoami', 'whoami --json'],
  ...detail('getMe'),
};
