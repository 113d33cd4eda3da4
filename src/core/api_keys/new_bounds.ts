import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { leftNow } from '../credentials/spend.ts';
import type { KeyBounds } from '../principal.ts';
import { checkBounds, type GivenBounds, strongerIn, tooStrong } from './bounds.ts';

/** The most that is kept of a key's metadata, as JSON; bytes. */
const mostMetadata = 16 * 1024;

/** What is kept of a new key's bounds, and how many credits it has; null: calls use none up. */
interface Kept {
  columns: { scopes: string[]; addresses: string[]; limits: string; refill: string | null; metadata: string };
  credits: number | null;
}

/**
 * The bounds of a new key: what is given, else those of the key that asks; a session's are none. Throws `invalid` for what is no
 * bound, `forbidden` for what would be stronger than the key that asks.
 */
export async function newBounds(context: Context, given: GivenBounds & { metadata?: object }): Promise<Kept> {
  const { principal, db } = context;
  checkBounds(given);
  const own = principal.kind === 'user' ? principal.key : undefined;
  const left = own?.credited ? (await leftNow(db, own)).credits : null;
  const { scopes = [...(own?.scopes ?? ['*'])], addresses, limits = [...(own?.limits ?? [])], metadata = {} } = given;
  const credits = given.credits === undefined ? (left === null ? null : { remaining: left }) : given.credits;
  const bounds: KeyBounds = {
    uuid: '',
    scopes,
    addresses: addresses && (addresses.length > 0 || !own) ? addresses : [...(own?.addresses ?? [])],
    limits,
    counterId: null,
    refill: credits?.refill ?? null,
    credited: credits !== null,
    // Cut to that of the key which asks, where it is later.
    expiresAt: own?.expiresAt ?? null,
  };
  const stronger = own && strongerIn(bounds, own);
  if (stronger) throw tooStrong(stronger);
  const richer = left !== null && ((credits?.remaining ?? 0) > left || bounds.refill !== null);
  if (richer) throw tooStrong('credits');
  return {
    columns: {
      scopes,
      addresses: [...bounds.addresses],
      limits: JSON.stringify(limits),
      refill: bounds.refill && JSON.stringify(bounds.refill),
      metadata: storedMetadata(metadata),
    },
    credits: credits?.remaining ?? null,
  };
}

/** Metadata as the column keeps it. Throws `invalid` for more than is kept. */
export function storedMetadata(metadata: object): string {
  const text = storedJson(metadata);
  if (Buffer.byteLength(text) <= mostMetadata) return text;
  const sentence = `It may have ${mostMetadata} bytes at most, as JSON.`;
  throw new Failure('invalid', `metadata: ${sentence}`, { fields: { metadata: [sentence] } });
}
