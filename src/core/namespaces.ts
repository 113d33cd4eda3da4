import { Failure } from '../contract/failure.ts';
import type { Context } from './context.ts';
import { accountOf } from './rules.ts';

/** What names may begin with: the caller's own user name, and that of the account's first owner. */
interface Namespaces {
  own: string;
  account: string;
}

/** The namespaces of the caller. Somebody without a user name has one made of their e-mail address. */
export async function namespacesOf(context: Context): Promise<Namespaces> {
  const { principal, db } = context;
  const { rows } = await db.raw<{ rows: { own: string | null; account: string }[] }>(
    `select namespace_of_account(?) account, (select namespace_of(username, email) from users where id = ?) own`,
    [accountOf(context), principal.kind === 'user' ? principal.userId : null],
  );
  const { own, account } = rows[0] as { own: string | null; account: string };
  return { own: own ?? account, account };
}

/**
 * A name of the caller's: `user/name`, in lower case as image registries want it. Without a `/` the caller's user name
 * is put before it where `bare` allows that. Throws `invalid` for a name that begins with somebody else's
 * (docs/compat/mystic.md: Errors).
 */
export async function ownName(context: Context, name: string, parameter: string, bare = false): Promise<string> {
  const { own, account } = await namespacesOf(context);
  const wanted = bare && !name.includes('/') ? `${own}/${name}` : name;
  const lower = wanted.toLowerCase();
  if (lower.startsWith(`${own}/`) || lower.startsWith(`${account}/`)) return lower;
  const sentence = 'Must start with your username followed by a forward slash. Example: marjory92/falcon:main';
  throw new Failure('invalid', sentence, { fields: { [parameter]: [sentence] } });
}
