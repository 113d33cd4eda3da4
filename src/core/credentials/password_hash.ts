import { availableParallelism } from 'node:os';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** Hashing runs on worker threads; this many at once leave a core for everybody else's requests. */
export const hashesAtOnce = Math.max(1, availableParallelism() - 1);
const turn = pLimit(hashesAtOnce);

/** argon2id, which is the library's default, with OWASP's parameters: 19 MiB, 2 passes, 1 lane. What was hashed with less is hashed anew at the next sign-in. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } satisfies Options;

/** What a password of an unknown user is checked against, so that the check costs the same. */
const decoy = hash('no account has this password', parameters);

/** One spelling of a password: composed characters, so that every keyboard gives the same bytes (RFC 8265 §4.2). */
const spelled = (password: string) => password.normalize('NFC');

/** The argon2id hash of a password, in PHC form. Nothing of it is cut off. */
export function hashPassword(password: string): Promise<string> {
  return turn(() => hash(spelled(password), parameters));
}

/** Whether the password is the one that was hashed. Without a hash the answer is no, and takes as long. */
export async function checkPassword(password: string, hashed: string | null | undefined): Promise<boolean> {
  const against = hashed ?? (await decoy);
  const once = (text: string) => turn(() => verify(against, text));
  const held = (await once(spelled(password))) || (spelled(password) !== password && (await once(password)));
  return held && typeof hashed === 'string';
}

/** Whether a hash was made with less than we ask for now, or by another algorithm. */
export function isOutdated(hashed: string): boolean {
  const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(hashed) ?? [];
  return Number(memory ?? 0) < parameters.memoryCost || Number(passes) < parameters.timeCost;
}
