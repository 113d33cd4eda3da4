declare module 'pg/lib/utils.js' {
  /** A value as it goes to Postgres: what `Query` does with each of its own. Throws for one that cannot be written. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
