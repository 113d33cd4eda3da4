import type { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { isWithin } from '../ip_network.ts';
import { accountOf } from '../rules.ts';
import { covers, effective } from '../scopes.ts';
import { toFailure } from '../to_failure.ts';
import { type Left, leftNow, spend } from './spend.ts';
import { askedKey, type KeyHolder, keyPrincipal } from './verify.ts';

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
  const { uuid, name } = holder;
  const known = { key_id: idOf('key', uuid), name };
  const principal = keyPrincipal(holder);
  const { key } = principal;
  const held = effective(principal);
  const early = refusedEarly(holder, held, question);
  if (early) return shown(start, early, known);
  const spent = await spend(house, key, question.cost ?? 1).catch(overspent);
  if ('code' in (spent ?? {})) return shown(start, (spent as { code: Code }).code, known);
  house.usedKeys.note(holder.id, { address: question.address });
  const left = (spent as Left | undefined) ?? (key.credited ? await leftNow(db, key) : undefined);
  const user = { id: idOf('usr', holder.user_uuid), name: holder.user_name };
  return shown(start, 'valid', {
    ...known,
    user,
    account: `acc_${holder.account_id}`,
    scopes: held,
    expires_at: holder.expires_at,
    metadata: holder.metadata as Record<string, unknown>,
    limits: (left?.windows ?? []).map(({ requests, per, remaining }) => ({ requests, per, remaining })),
    credits: left?.credits ?? null,
  });
}

/** What is known without counting anything. */
function refusedEarly(
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

interface Verdict {
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

const nothing: Verdict = {
  ...{ key_id: null, name: null, user: null, account: null, scopes: [] },
  ...{ expires_at: null, metadata: null, limits: [], credits: null },
};

function shown(start: number, code: Code, known: Partial<Verdict> = {}) {
  const ms = Math.round((performance.now() - start) * 100) / 100;
  return { valid: code === 'valid', code, ...nothing, ...known, ms };
}
