/**
 * The types that a field may have: its column, what the contract asks, three values for examples and tests, and one that
 * is refused. What a surface writes otherwise than it was sent (a time) it says itself.
 */
export const types = {
  string: {
    about: 'one line, 1 to 255 characters',
    column: 'text not null',
    schema: ['type: string', 'minLength: 1', 'maxLength: 255'],
    values: ['one', 'two', 'three'],
    wrong: [],
  },
  text: {
    about: 'any text, up to 10000 characters',
    column: 'text not null',
    schema: ['type: string', 'maxLength: 10000'],
    values: ['The first of all.', 'Another one.', ''],
    wrong: [],
  },
  integer: {
    about: 'a whole number, from -2147483648 to 2147483647',
    column: 'integer not null',
    schema: ['type: integer', 'minimum: -2147483648', 'maximum: 2147483647'],
    values: [1, 2, 3],
    wrong: 1.5,
  },
  number: {
    about: 'a number, with a fraction if it needs one',
    column: 'double precision not null',
    schema: ['type: number'],
    values: [0.5, 1.5, 2.5],
    wrong: 'many',
  },
  boolean: {
    about: 'true or false',
    column: 'boolean not null',
    schema: ['type: boolean'],
    values: [true, false, true],
    wrong: 'perhaps',
  },
  time: {
    about: 'a moment, sent in ISO 8601 as 2026-01-31T12:00:00Z',
    column: 'timestamptz not null',
    // Years and offsets that Postgres has, too.
    schema: ['type: string', 'format: date-time', String.raw`pattern: '^(?!0000).*(Z|[+-](0\d|1[0-4]):\d\d)$'`],
    values: ['2026-01-31T12:00:00Z', '2026-02-28T12:00:00Z', '2026-03-31T12:00:00Z'],
    wrong: 'yesterday',
  },
};
