import type { Endpoint } from '../../core/endpoint.ts';

/** A time as Mage prints it, Python's way: `2023-04-30 03:02:14.781970+00:00` (docs/compat/mage.md: Times). */
export function pythonTime<T>(iso: T): T {
  return (typeof iso === 'string' ? iso.replace('T', ' ') : iso) as T;
}

/** The endpoint, with these attributes written as Mage writes times. */
export function timed<Row, Extra, Parent, Prepared>(
  endpoint: Endpoint<Row, Extra, Parent, Prepared>,
  ...names: (keyof (Row & Extra))[]
): Endpoint<Row, Extra, Parent, Prepared> {
  const render = Object.fromEntries(names.map((name) => [name, pythonTime])) as NonNullable<typeof endpoint.render>;
  return { ...endpoint, render: { ...endpoint.render, ...render } };
}
