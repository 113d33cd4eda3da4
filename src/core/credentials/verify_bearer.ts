import type { House } from '../house.ts';
import type { User } from './holder.ts';
import { findKey, verifyKey } from './verify_key.ts';
import { verifySession } from './verify_session.ts';

/**
 * The user of what stands after the word Bearer: a session's JWT, which has dots, or an API key, which has none unless it came
 * from another system. Throws as `verifySession` and `verifyKey` do.
 */
export async function verifyBearer(house: House, token: string, address: string, beside?: string): Promise<User> {
  if (!token.includes('.')) return verifyKey(house, token, address, beside);
  return verifySession(house, token).catch(async (refusal) => {
    const holder = house.installation.importedKeys.any ? await findKey(house, token) : undefined;
    if (!holder) throw refusal;
    return verifyKey(house, token, address);
  });
}
