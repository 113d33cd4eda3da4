import { hashPassword } from '../../../src/core/credentials/password_hash.ts';
import type { House } from '../../../src/core/house.ts';
import { putLatchkey } from './latchkey.ts';
import { putMage } from './mage.ts';
import { putMaiagent } from './maiagent.ts';
import { putMystic } from './mystic.ts';
import { ada, arwen, putPeople } from './people.ts';
import { clear, putBytes } from './rows.ts';

/** The passwords that the examples of each surface sign in with. */
export const passwords: Record<string, { owner: string; editor: string }> = {
  latchkey: { owner: 'correct horse battery staple', editor: 'correct horse battery staple' },
  mage: { owner: 'water_lightning', editor: 'water_lightning' },
  magpipe: { owner: 'water_lightning', editor: 'analytical_engine' },
  magpipe_auth: { owner: 'water_lightning', editor: 'analytical_engine' },
  mystic: { owner: 'a long password', editor: 'a long password' },
  mystic_v3: { owner: 'a long password', editor: 'a long password' },
  maiagent: { owner: 'a long password', editor: 'a long password' },
};
const hashes = new Map<string, Promise<string>>();
const hashOf = (password: string): Promise<string> => {
  const known = hashes.get(password) ?? hashPassword(password);
  hashes.set(password, known);
  return known;
};

/**
 * Makes everything that the examples of a contract speak of, under the very identifiers that they have, in the place of all that was there.
 * Some is left out, or another way, for the operation that is about to make it.
 */
export async function makeExampleWorld(
  house: House,
  surface: string,
  operation: string,
  example: string,
  container: string,
): Promise<void> {
  const { db, installation } = house;
  await clear(db);
  const { owner, editor } = passwords[surface] as { owner: string; editor: string };
  await putPeople(db, installation.accountId, { owner: await hashOf(owner), editor: await hashOf(editor) });
  // Whom these make is not there yet.
  const made = operation === 'signUp' ? ada : operation === 'createUser' ? arwen : undefined;
  if (made) await db('users').where({ id: made.id }).delete();
  await putBytes(house);
  Object.assign(house.config, { openSignUp: operation === 'signUp' });
  if (surface === 'latchkey' || surface.startsWith('magpipe')) await putLatchkey(house, operation, example);
  else if (surface.startsWith('mystic')) await putMystic(house, operation, container);
  else if (surface === 'maiagent') await putMaiagent(house, operation);
  else await putMage(house, operation, example);
}
