import type { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { isWithin } from '../ip_network.ts';
import { accountOf } from '../rules.ts';
import { covers, effective } from '../scopes.ts';
import { toFailure } from '../to_failure.ts';
import type { KeyHolder, KeyUser } from './holder.ts';
import { type Left, leftNow, spend } from './spend.ts';
import { askedKey, keyPrincipal } from './verify_key.ts';

/** A key, and what it would be used for. */
export interface Question {
  key: string;
  scopes?: string[];
  cost?: number;
  address?: string;
}

type Code = 'valid' | 'unknown' | 'revoked' | 'expired' | 'disabled' | 'address' | 'scope' | 'limit' | 'credits';

/** Whether a key is good, and what for: its verdict in a sentence of data. */
export async function verdictOf(context: Context, question: Question) {
  const start = performance.now();
  const { house, db } = context;
  const found = await askedKey(context, question.key);
  const holder = found && found.account_id === accountOf(context) ? found : undefined;
  if (!holder) return shown(start, 'unknown');
  const user = keyPrincipal(holder);
  const plain = plainVerdict(holder, user, question, start);
  if (plain) {
    if (plain.valid) house.usedKeys.note(holder.id, { address: question.address });
    return plain;
  }
  const { key } = user;
  const spent = await spend(house, key, question.cost ?? 1).catch(overspent);
  if ('code' in (spent ?? {})) return shown(start, (spent as { code: Code }).code, named(holder));
  house.usedKeys.note(holder.id, { address: question.address });
  return valid(start, holder, user, (spent as Left | undefined) ?? (await leftNow(db, key)));
}

/** The verdict on a key of this account that needs nothing to be counted; undefined where something does. */
export function plainVerdict(holder: KeyHolder, user: KeyUser, question: Question, start: number): Verdict | undefined {
  const early = refusedEarly(holder, effective(user), question);
  if (early) return shown(start, early, named(holder));
  const { limits, credited } = user.key;
  return limits.length > 0 || credited ? undefined : valid(start, holder, user);
}

function valid(start: number, holder: KeyHolder, user: KeyUser, left?: Left): Verdict {
  return shown(start, 'valid', {
    ...named(holder),
    user: { id: idOf('usr', holder.user_uuid), name: holder.user_name },
    account: `acc_${holder.account_id}`,
    scopes: effective(user),
    expires_at: holder.expires_at,
    metadata: holder.metadata as Record<string, unknown>,
    limits: (left?.windows ?? []).map(({ requests, per, remaining }) => ({ requests, per, remaining })),
    credits: left?.credits ?? null,
  });
}

const named = ({ uuid, name }: KeyHolder) => ({ key_id: idOf('key', uuid), name });

/** What is known without counting anything. */
export function refusedEarly(
  { state, addresses }: KeyHolder,
  held: string[],
  { scopes = [], address }: Question,
): Code | undefined {
  if (state !== 'active' && state !== 'rotated') return state;
  if (addresses.length > 0 && !(address !== undefined && isWithin(address, addresses))) return 'address';
  return scopes.every((scope) => covers(held, scope)) ? undefined : 'scope';
}

function overspent(thrown: unknown): { code: Code } {
  const { reason }: Failure = toFailure(thrown);
  if (reason && 'spent' in reason) return { code: reason.spent };
  throw thrown;
}

/** What is said of a key. */
export interface Verdict {
  valid: boolean;
  code: Code;
  /** How long it took, in milliseconds. */
  ms: number;
  key_id: string | null;
  name: string | null;
  user: { id: string; name: string } | null;
  account: string | null;
  scopes: string[];
  expires_at: string | null;
  metadata: Record<string, unknown> | null;
  limits: { requests: number; per: string; remaining: number }[];
  credits: number | null;
}

const nothing: Omit<Verdict, 'valid' | 'code' | 'ms'> = {
  ...{ key_id: null, name: null, user: null, account: null, scopes: [] },
  ...{ expires_at: null, metadata: null, limits: [], credits: null },
};

/** How long it took since then, in hundredths of a millisecond. */
export const msSince = (start: number) => Math.round((performance.now() - start) * 100) / 100;

function shown(start: number, code: Code, known: Partial<Verdict> = {}): Verdict {
  const ms = msSince(start);
  return { valid: code === 'valid', code, ...nothing, ...known, ms };
}
