import { chmodSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Mistake } from '../../mistake.ts';
import type { Owner } from './account.ts';

/**
 * Makes the database's files those of the user that Postgres runs as, and closed to others: a folder that was copied may
 * have come with another owner and other modes, and Postgres starts with neither. A `Mistake` where they are somebody
 * else's and we are not root.
 * @param home the folder of the database in the data folder, whose lock the caller holds
 * @param owner who Postgres runs as, unless that is whoever runs this process
 */
export function claim(home: string, owner: Owner | undefined): void {
  const there = lstatSync(home, { throwIfNoEntry: false });
  if (!there) return;
  const us = process.getuid?.();
  if (!owner && us !== undefined) {
    const foreign = [there, lstatSync(join(home, 'files'))].find(({ uid }) => uid !== us);
    if (foreign)
      throw new Mistake(
        `LATCHKEY_DATA: ${home} belongs to user ${foreign.uid}, and this is user ${us}: copy the folder as this user, or chown -R it`,
      );
  }
  for (const path of below(home)) {
    const { uid, gid, mode } = lstatSync(path);
    if (owner && (uid !== owner.uid || gid !== owner.gid)) lchownSync(path, owner.uid, owner.gid);
    const isTop = path === home || path === join(home, 'files') || path === join(home, 'password');
    // Group and others: Postgres allows its group to read, and nothing more.
    if (isTop && mode & 0o027) chmodSync(path, mode & 0o700);
  }
}

function* below(path: string): Generator<string> {
  yield path;
  if (!lstatSync(path).isDirectory()) return;
  for (const name of readdirSync(path)) yield* below(join(path, name));
}
