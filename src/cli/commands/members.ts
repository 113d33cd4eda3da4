import { parseObject } from '../answer.ts';
import type { Command } from '../command.ts';
import { print, printJson } from '../output.ts';
import { call } from '../server.ts';

/** The people of the account. */
export const members: Command[] = [
  {
    name: 'members invite',
    about: 'invite somebody into the account, in a role that is not above yours; needs a session: see login',
    arguments: [{ name: 'email', about: 'their e-mail address', to: 'body.email' }],
    flags: [{ form: '--role <role>', about: 'owner, admin, editor or viewer', to: 'body.role', isRequired: true }],
    calls: ['inviteMember'],
    examples: ['members invite ada@example.com --role editor'],
    run: async ({ body, isJson }) => {
      const { text } = await call('inviteMember', { body });
      if (isJson) return printJson(text);
      const { email, mailed, url } = parseObject<{ email: string; mailed: boolean; url: string | null }>(text);
      print(mailed ? `A link was mailed to ${email}.` : String(url));
    },
  },
];
