import pg from 'pg';
import { readJson } from '../contract/json.ts';

/** `2023-04-30 03:02:14.78+00` as `2023-04-30T03:02:14.780000+00:00`; whole seconds stay whole, infinity stays infinity. */
const moment = (text: string) => (usual.test(text) ? `${text.slice(0, 10)}T${text.slice(11)}:00` : written(text));

/** As most of them come: in UTC, with all six digits of the second. */
const usual = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}\+00$/;

const written = (text: string) =>
  text.replace(
    /^(\d+-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?(?:([+-]\d\d)(:\d\d)?)?$/,
    (_, day, time, fraction: string | undefined, hours: string | undefined, minutes = ':00') =>
      `${day}T${time}${fraction?.padEnd(7, '0') ?? ''}${hours ? hours + minutes : ''}`,
  );

const asIs = (text: string) => text;

const parsers: { one: number; many: number; parse: (text: string) => unknown }[] = [
  { one: pg.types.builtins.INT8, many: 1016, parse: Number },
  { one: pg.types.builtins.NUMERIC, many: 1231, parse: Number },
  { one: pg.types.builtins.TIMESTAMPTZ, many: 1185, parse: moment },
  { one: pg.types.builtins.TIMESTAMP, many: 1115, parse: moment },
  { one: pg.types.builtins.DATE, many: 1182, parse: asIs },
];

const anyArray = pg.types.getTypeParser(1009 as number, 'text') as (text: string) => (string | null)[];

/** Most lists have nothing in them that is quoted, or null, or another list. */
const textArray = (text: string): (string | null)[] => {
  if (text === '{}') return [];
  return /^\{[^"\\{}]+\}$/.test(text) && !/NULL/i.test(text) ? text.slice(1, -1).split(',') : anyArray(text);
};

/**
 * How columns reach the code, decided once: int8 and numeric as numbers, moments as ISO text with the microseconds that
 * a Date would lose, dates as text; arrays of them likewise. JSON with its numbers as they were written.
 */
export const types = new pg.TypeOverrides();
for (const json of [pg.types.builtins.JSON, pg.types.builtins.JSONB]) types.setTypeParser(json, readJson);
types.setTypeParser(1009 as number, textArray);
for (const { one, many, parse } of parsers) {
  types.setTypeParser(one, parse);
  types.setTypeParser(many, (text: string) => textArray(text).map((item) => (item === null ? null : parse(item))));
}
