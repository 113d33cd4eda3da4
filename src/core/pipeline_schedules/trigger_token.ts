import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Context } from '../context.ts';
import type { House } from '../house.ts';
import { atLeast } from '../principal.ts';
import { placeOf } from '../sealing/rows.ts';
import { isSealed } from '../sealing/seal.ts';

/** What starts a trigger from outside: 32 hex digits, as Mage's are. */
export function makeToken(): string {
  return randomUUID().replaceAll('-', '');
}

/** Keeps the token of a trigger, sealed. */
export async function setToken(db: Knex, { installation }: House, id: number, token: string): Promise<void> {
  const sealed = installation.seal.seal(token, placeOf.trigger(id));
  await db('pipeline_schedules').where({ id }).update({ token: sealed });
}

/** The token of a trigger as it was given out. */
export function openToken({ installation }: House, { id, token }: { id: number; token: string }): string {
  return isSealed(token) ? installation.seal.open(token, placeOf.trigger(id)) : token;
}

/** The token as a caller may see it: who may not run a pipeline is shown what Mage shows where it hides tokens. */
export function shownToken({ house, principal }: Context, trigger: { id: number; token: string }): string {
  const may = principal.kind === 'open' || atLeast('editor', principal);
  return may ? openToken(house, trigger) : '[API_TOKEN_PLACEHOLDER]';
}
