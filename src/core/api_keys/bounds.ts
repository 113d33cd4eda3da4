import { Failure } from '../../contract/failure.ts';
import { isWithin, rangeOf } from '../ip_network.ts';
import type { KeyBounds, Window } from '../principal.ts';
import { checkScopes, covers, expanded } from '../scopes.ts';

/** The columns in which a key's bounds are kept. */
export interface BoundColumns {
  uuid: string;
  scopes: string[];
  addresses: string[];
  limits: unknown;
  refill: unknown;
  expires_at: string | null;
  counter_id: number | null;
  credited: boolean;
}

/** A number of calls, and perhaps to what it is filled up, and when. */
export interface Credits {
  remaining: number;
  refill?: KeyBounds['refill'];
}

/** What a caller may say of a key's bounds; what is missing stays, or is what the caller's own key has. */
export interface GivenBounds {
  scopes?: string[];
  addresses?: string[];
  limits?: Window[];
  credits?: Credits | null;
  expires_at?: string | null;
}

/** The bounds of a row. */
export function boundsOf({
  uuid,
  scopes,
  addresses,
  limits,
  refill,
  expires_at,
  counter_id,
  credited,
}: BoundColumns): KeyBounds {
  return {
    uuid,
    scopes,
    addresses,
    limits: limits as Window[],
    refill: refill as KeyBounds['refill'],
    expiresAt: expires_at,
    counterId: counter_id,
    credited,
  };
}

/** Throws `invalid` for bounds that are none: a scope, an address or a span that is not, or twice; a time that has passed. */
export function checkBounds({ scopes, addresses = [], limits = [], expires_at }: GivenBounds): void {
  if (scopes) checkScopes(scopes);
  const bad = addresses.find((text) => !rangeOf(text));
  if (bad !== undefined) throw wrong('addresses', `${JSON.stringify(bad)} is no address and no CIDR range.`);
  if (new Set(limits.map(({ per }) => per)).size < limits.length)
    throw wrong('limits', 'A span may have one limit only.');
  if (expires_at && Date.parse(expires_at) <= Date.now()) throw wrong('expires_at', 'This time has passed.');
}

/**
 * In what a key is stronger than another: may it do more, from more places, more often or for longer? Undefined where it is
 * not. `credits` are compared by whoever knows how many are left.
 */
export function strongerIn(one: KeyBounds, than: KeyBounds): keyof GivenBounds | undefined {
  if (!expanded(one.scopes).every((scope) => covers(than.scopes, scope))) return 'scopes';
  if (than.addresses.length > 0) {
    const isInside = one.addresses.length > 0 && one.addresses.every((range) => isWithin(range, than.addresses));
    if (!isInside) return 'addresses';
  }
  const faster = than.limits.some(({ per, requests }) => {
    const own = one.limits.find((window) => window.per === per);
    return !own || own.requests > requests;
  });
  if (faster) return 'limits';
  if (than.credited && !one.credited) return 'credits';
  if (than.expiresAt !== null && (one.expiresAt === null || Date.parse(one.expiresAt) > Date.parse(than.expiresAt)))
    return 'expires_at';
  return undefined;
}

/** The `forbidden` for what would make a key stronger than the one that asks. */
export function tooStrong(what: string): Failure {
  return new Failure('forbidden', `A key cannot make or change one that is stronger than itself: ${what}.`);
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
