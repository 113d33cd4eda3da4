import { Exact } from '../../contract/json.ts';
import { momentOf } from '../pipeline_schedules/interval.ts';
import type { Json } from '../pipelines/row.ts';
import type { IOType, RunInput } from '../runs/row.ts';
import { unusable } from '../unusable.ts';

/** The key under which a run's variables name the place of its outputs. The server sets it, whatever was sent. */
export const partitionKey = 'execution_partition';

/** `<trigger>/<YYYYmmddTHHMMSS_ffffff>`, of an ISO time in UTC. */
export function partitionOf(scheduleId: number, executionDate: string): string {
  const [, day = '', clock = '', fraction = ''] = /^([\d-]+)T([\d:]+)(?:\.(\d+))?/.exec(executionDate) ?? [];
  return `${scheduleId}/${day.replaceAll('-', '')}T${clock.replaceAll(':', '')}_${fraction.padEnd(6, '0')}`;
}

/** What a run is given in all: its own variables over its trigger's, these over its pipeline's. */
export function merged(...layers: (Json | null | undefined)[]): Json {
  const { [partitionKey]: _ours, ...all } = Object.assign({}, ...layers.map((layer) => layer ?? {})) as Json;
  return all;
}

/** The inputs of a container, one for each variable in its order: what a container takes has places, and no names. */
export function inputsOf(variables: Json): RunInput[] {
  return Object.values(variables).map((value) => ({ type: typeOf(value), value }));
}

function typeOf(value: unknown): IOType {
  if (value === null) return 'none';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Exact) return /[.eE]/.test(value.text) ? 'fp' : 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fp';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'string' ? 'string' : 'dictionary';
}

/** An execution date as ISO text. Throws `invalid` as Python does. */
export function dateOf(text: string): string {
  const date = momentOf(text);
  if (date !== undefined) return date;
  throw unusable('execution_date', `Invalid isoformat string: '${text}'`);
}
