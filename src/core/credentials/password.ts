import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';

/** Hashing runs on worker threads; this many at once leave a core for everybody else's requests. */
const turn = pLimit(Math.max(1, availableParallelism() - 1));

/** What a password of an unknown user is checked against, so that the check costs the same. */
const decoy = hash('no account has this password');

/** The argon2id hash of a password, in PHC form, with OWASP's parameters (19 MiB, 2 passes, 1 lane). */
export function hashPassword(password: string): Promise<string> {
  return turn(() => hash(password));
}

/** Whether the password is the one that was hashed. Without a hash the answer is no, and takes as long. */
export async function checkPassword(password: string, hashed: string | null | undefined): Promise<boolean> {
  const held = await turn(async () => verify(hashed ?? (await decoy), password));
  return held && typeof hashed === 'string';
}
