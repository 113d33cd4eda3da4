import { timingSafeEqual } from 'node:crypto';
import { Failure } from '../../contract/failure.ts';
import { Exact } from '../../contract/json.ts';
import type { Context } from '../context.ts';
import { digest } from '../credentials/digest.ts';
import { openToken } from '../pipeline_schedules/trigger_token.ts';
import type { Json } from '../pipelines/row.ts';
import { pythonType } from '../python.ts';
import { unusable } from '../unusable.ts';
import { noColumn, ours } from './columns.ts';
import { fire } from './fire.ts';
import { integerOf } from './list_runs.ts';
import type { PipelineRunRow } from './row.ts';
import { dateOf } from './variables.ts';

/** What came with a trigger's token: a JSON value, nothing at all, or why it was no JSON. */
export type Sent = { value: unknown } | { mistake: string } | undefined;

/**
 * Runs a pipeline for whoever holds the token of one of its triggers by API (docs/compat/mage.md: Firing): the id, the type and
 * the token are looked at before the body is. A trigger that is not active is switched on. Throws what Mage throws, and
 * `too_many` for an address that has sent too many tokens that do not hold.
 */
export async function fireByToken(
  context: Context,
  scheduleId: string,
  token: string | undefined,
  sent: Sent,
): Promise<PipelineRunRow> {
  const id = integerOf(scheduleId);
  const trigger = await context
    .db('pipeline_schedules as s')
    .join('pipelines as p', 'p.id', 's.pipeline_id')
    .where('s.id', id)
    .first('s.id', 's.pipeline_id', 's.schedule_type', 's.token', 's.status', 'p.account_id');
  if (!trigger) throw unusable('id', "{'code': 404, 'message': 'Record not found.', 'type': 'record_not_found'}");
  if (trigger.schedule_type !== 'api')
    throw unusable('schedule_type', 'This endpoint is only supported for API trigger.');
  const held = openToken(context.house, trigger);
  if (held === '') throw unusable('token', 'The token of the API trigger cannot be empty.');
  if (!isSame(token ?? '', held)) {
    if (token) await context.house.limits.guessed(context.asker.address);
    throw unusable('token', `Invalid token for pipeline schedule ID ${id}.`);
  }
  const given = givenOf(sent);
  return context.db.transaction(async (db) => {
    if (trigger.status !== 'active') await db('pipeline_schedules').where({ id }).update({ status: 'active' });
    return fire(db, trigger, given);
  });
}

/** Compares in a time that tells nothing of what is alike. */
export function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

/** What a body gives a run, and what of it Python could not use. */
function givenOf(sent: Sent) {
  if (sent === undefined) return { variables: {}, event_variables: null };
  if ('mistake' in sent) throw unusable('body', sent.mistake);
  const { value } = sent;
  if (!isDictionary(value)) throw unusable('body', `'${pythonType(value)}' object has no attribute 'get'`);
  const { pipeline_run: run = {}, ...event_variables } = value;
  refuseIndexing(run, 'argument');
  const { variables, execution_date, ...others } = run as Json;
  if (variables !== undefined && variables !== null) refuseIndexing(variables, 'item');
  refuseColumns(others);
  return {
    variables: (variables ?? {}) as Json,
    event_variables,
    execution_date:
      execution_date === undefined || execution_date === null ? undefined : dateOf(String(execution_date)),
  };
}

/** Throws as Python does where it would put a value into what takes none by a name. */
function refuseIndexing(value: unknown, what: 'argument' | 'item'): void {
  if (Array.isArray(value)) throw unusable('body', 'list indices must be integers or slices, not str');
  if (isDictionary(value)) return;
  const type = pythonType(value);
  throw what === 'argument' && type !== 'str'
    ? unusable('body', `argument of type '${type}' is not iterable`)
    : unusable('body', `'${type}' object does not support item assignment`);
}

/** What the trigger says instead, whatever was sent. */
const overwritten = new Set(['event_variables', 'pipeline_schedule_id', 'pipeline_uuid']);

/** Mage lets whoever holds a token write any column: a run that is completed before it ran, say (docs/adr/0021). */
function refuseColumns(others: Json): void {
  for (const [name, value] of Object.entries(others)) {
    const isKnown = ours.has(name) || name === 'backfill_id';
    if (overwritten.has(name) || (isKnown && value === null)) continue;
    if (!isKnown) throw noColumn(name);
    const refusal = { part: 'write', why: 'disabled', name, action: 'create', resource: 'pipeline_runs' } as const;
    throw new Failure('forbidden', `Whoever holds a token may not write ${name}.`, {
      reason: { refusal: { ...refusal, roleless: false } },
    });
  }
}

const isDictionary = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Exact);
