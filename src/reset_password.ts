import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { beside } from './beside.ts';
import { ask, canAsk } from './cli/ask.ts';
import type { Config } from './config.ts';
import { weaknessOf } from './core/credentials/strength.ts';
import { type Forgetful, findUser, replacePassword } from './core/sign_in/lost_password.ts';
import { Mistake } from './mistake.ts';

// `npm run reset-password [-- EMAIL] [--generate]`: a new password for who lost theirs; without a name, for the owner. Asked for
// on a terminal, read from a pipe, or made up.

const usage = 'npm run reset-password [-- EMAIL_OR_USERNAME] [--generate]';

await beside(async (db, config, words) => {
  const { name, isMadeUp } = read(words);
  const user = await findUser(db, name);
  if (!user) throw new Mistake(nobody(name));
  const password = isMadeUp ? randomBytes(15).toString('base64url') : await chosen(config, user);
  await replacePassword(db, config, user, password);
  const done = `${user.email} has a new password; what the old one opened is signed out, and API keys go on.`;
  if (!isMadeUp) return done;
  process.stderr.write(`${done}\n`);
  return password;
});

function read(args: string[]): { name: string | undefined; isMadeUp: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { generate: { type: 'boolean' } },
      allowPositionals: true,
    });
    if (positionals.length > 1) throw new Mistake('One name at a time', 2);
    return { name: positionals[0], isMadeUp: values.generate === true };
  } catch (error) {
    throw new Mistake(`${(error as Error).message}. ${usage}`, 2);
  }
}

/** What somebody types twice, or what comes through a pipe but for the end of its line. A `Mistake` for one that is not good. */
async function chosen({ passwordLength }: Config, { email, username }: Forgetful): Promise<string> {
  const isAsked = canAsk();
  const password = isAsked
    ? await ask(`New password of ${email}: `, true)
    : (await text(process.stdin)).replace(/\r?\n$/, '');
  if (password === '' && !isAsked)
    throw new Mistake('There is no terminal to ask on: pipe the new password in, or add --generate', 2);
  const weakness = weaknessOf(password, passwordLength, [email, username]);
  if (weakness) throw new Mistake(weakness.sentence);
  if (isAsked && (await ask('The same again: ', true)) !== password) throw new Mistake('The two are not the same');
  return password;
}

function nobody(name: string | undefined): string {
  if (name === undefined) return 'There is no owner yet: npm start makes one';
  return `Nobody here has the e-mail address or the username ${JSON.stringify(name)}`;
}
