import type { JWK } from 'jose';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { Knex } from 'knex';
import { placeOf } from '../sealing/rows.ts';
import type { Seal } from '../sealing/seal.ts';

type Key = Awaited<ReturnType<typeof importJWK>>;

/** The keys that sign session tokens, as one process knows them. */
export interface SigningKeys {
  /** What new tokens are signed with. */
  current(): Promise<{ kid: string; key: Key }>;
  /** The key of a token's `kid`, or undefined for one that is not, or no longer, ours. */
  find(kid: string): Promise<Key | undefined>;
  /** The public halves, for `/.well-known/jwks.json`. */
  published(): Promise<PublicKey[]>;
}

/** A key as others see it. */
export interface PublicKey {
  kty: string;
  crv: string;
  x: string;
  y: string;
  kid: string;
  alg: string;
  use: string;
}

interface Held {
  kid: string;
  signing: Key;
  verifying: Key;
  published: PublicKey;
  retiresAt: number;
}

/** Keys that another process made are looked for at most this often; milliseconds. */
const patience = 1_000;

/** A token outlives the retirement of its key by its own lifetime; milliseconds. */
const overlap = 3_600_000 + 60_000;

/** ES256 keys from the database, sealed there, made at the first start, shared by all its processes. */
export function signingKeys(db: Knex, seal: Seal): SigningKeys {
  let held: Held[] = [];
  let loadedAt = 0;
  let loading: Promise<void> | undefined;
  const load = () => {
    loading ??= read(db, seal)
      .then((keys) => {
        held = keys;
        loadedAt = Date.now();
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };
  const live = async () => {
    if (Date.now() - loadedAt > 60_000) await load();
    return held.filter(({ retiresAt }) => retiresAt > Date.now());
  };
  return {
    async current() {
      const newest = (await live()).at(-1) as Held;
      return { kid: newest.kid, key: newest.signing };
    },
    async find(kid) {
      const known = (await live()).find((key) => key.kid === kid);
      // Another process may have made a key since: but a made-up `kid` must not cost a statement each time.
      if (known || Date.now() - loadedAt < patience) return known?.verifying;
      await load();
      return held.find((key) => key.kid === kid && key.retiresAt > Date.now())?.verifying;
    },
    async published() {
      return (await live()).map((key) => key.published);
    },
  };
}

/** Makes a new key to sign with; the others verify until the last token that they signed is over. */
export async function rotateSigningKeys(db: Knex, seal: Seal): Promise<string> {
  return db.transaction(async (trx) => {
    await trx.raw(`select pg_advisory_xact_lock(hashtext('latchkey signing keys'))`);
    const retiresAt = new Date(Date.now() + overlap).toISOString();
    await trx('signing_keys').whereNull('retires_at').update({ retires_at: retiresAt });
    return make(trx, seal);
  });
}

async function read(db: Knex, seal: Seal): Promise<Held[]> {
  await db.transaction(async (trx) => {
    await trx.raw(`select pg_advisory_xact_lock(hashtext('latchkey signing keys'))`);
    if (!(await trx('signing_keys').whereNull('retires_at').first('kid'))) await make(trx, seal);
  });
  const rows = await db('signing_keys').orderByRaw('retires_at nulls last').orderBy('created_at');
  return Promise.all(
    rows.map(async ({ kid, private_jwk, retires_at }) => {
      const jwk = JSON.parse(seal.open(private_jwk, placeOf.signingKey(kid))) as JWK;
      const { kty, crv, x, y } = jwk as { kty: string; crv: string; x: string; y: string };
      const published = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' };
      return {
        kid,
        published,
        signing: await importJWK(jwk, 'ES256'),
        verifying: await importJWK(published, 'ES256'),
        retiresAt: retires_at === null ? Number.POSITIVE_INFINITY : Date.parse(retires_at),
      };
    }),
  );
}

async function make(db: Knex, seal: Seal): Promise<string> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  await db('signing_keys').insert({ kid, private_jwk: seal.seal(JSON.stringify(jwk), placeOf.signingKey(kid)) });
  return kid;
}
