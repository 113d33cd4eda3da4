import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { Failure } from '../../contract/failure.ts';

/** Looks whether bytes were signed by GitHub. */
export interface GithubKeys {
  /**
   * Whether `signature` (base64, DER) is one of these bytes by the key of this name: ECDSA, P-256, SHA-256. Throws
   * `unavailable` where the keys cannot be asked for.
   */
  signed(bytes: Buffer, keyId: string, signature: string): Promise<boolean>;
}

/** Keys are taken for so long from memory; a name that is unknown is asked for this often at most; milliseconds. */
const lifetime = 3_600_000;
const pause = 60_000;
const patience = 5_000;

/** The public keys at this URL, asked for when one is needed, by one request at a time. */
export function githubKeys(url: string): GithubKeys {
  let keys = new Map<string, KeyObject>();
  let asked = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const ask = async () => {
    keys = await fetchKeys(url);
    asked = performance.now();
  };
  return {
    async signed(bytes, keyId, signature) {
      const age = performance.now() - asked;
      if (age > lifetime || (!keys.has(keyId) && age > pause)) {
        asking ??= ask().finally(() => {
          asking = undefined;
        });
        await asking;
      }
      const key = keys.get(keyId);
      return key !== undefined && verify('sha256', bytes, key, Buffer.from(signature, 'base64'));
    },
  };
}

async function fetchKeys(url: string): Promise<Map<string, KeyObject>> {
  try {
    const headers = { Accept: 'application/json', 'User-Agent': 'latchkey' };
    const answer = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(patience) });
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    const { public_keys: all } = (await answer.json()) as { public_keys: { key_identifier: string; key: string }[] };
    const keys = all.map(({ key_identifier: id, key }) => [id, createPublicKey(key)] as const);
    return new Map(keys.filter(([, key]) => key.asymmetricKeyDetails?.namedCurve === 'prime256v1'));
  } catch (cause) {
    throw new Failure('unavailable', 'The keys of the signature could not be asked for.', { cause });
  }
}
