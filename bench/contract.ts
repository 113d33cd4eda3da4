// What a contract costs, and that it does not grow with the contract: design §7.
import { cpus } from 'node:os';
import { load, median, type Run, type Server, shuffled, start, table, thousands } from './measure.ts';
import type { Kind } from './server.ts';
import { type Family, key, target } from './synthetic.ts';

/** One operation of one server. It runs in every round, or every so many: the two that are compared need the most. */
interface Cell {
  label: string;
  kind: Kind;
  count: number;
  family: Family;
  index: number;
  every: 1 | 3 | 6;
}

const ours = (count: number, at: 'first' | 'last', family: Family = 'short'): Cell => ({
  label: `Latchkey: ${at} of ${count}${family === 'long' ? ', long paths' : ''}`,
  kind: 'latchkey',
  count,
  family,
  index: at === 'first' ? 1 : count,
  every: family === 'long' ? 6 : (count === 10 && at === 'first') || (count === 400 && at === 'last') ? 1 : 3,
});
const beside = (label: string, kind: Kind, index = 1): Cell => ({
  label,
  kind,
  count: 400,
  family: 'short',
  index,
  every: 6,
});

const cells: readonly Cell[] = [
  ...[10, 100, 400].flatMap((count) => [ours(count, 'first'), ours(count, 'last')]),
  ours(10, 'first', 'long'),
  ours(400, 'last', 'long'),
  beside('express-openapi-validator, one for all: first of 400', 'validator'),
  beside('express-openapi-validator, one for all: last of 400', 'validator', 400),
  beside('bare Express: one route', 'express'),
  beside('bare node:http', 'http'),
];

const headers = { 'x-key': key };

/**
 * Many short rounds in random order: what else this machine does then falls on all cells alike, or leaves the median.
 * Before them, every cell runs until its code is compiled.
 */
async function measured(servers: Map<Kind, Server>, { rounds, seconds, warmUp }: Plan): Promise<Map<Cell, Run[]>> {
  const runs = new Map<Cell, Run[]>(cells.map((cell) => [cell, []]));
  const once = (cell: Cell, length: number) => {
    const { kind, count, family, index } = cell;
    return load(servers.get(kind) as Server, target(count, family, index), headers, length);
  };
  for (const [index, cell] of cells.entries()) {
    process.stderr.write(`warming up: ${cell.label}\n`);
    const isNewServer = cell.kind !== cells[index - 1]?.kind;
    await once(cell, isNewServer ? 6 * warmUp : warmUp);
  }
  let last: Kind | undefined;
  for (let round = 0; round < rounds; round++) {
    if (round % 12 === 0) process.stderr.write(`round ${round + 1} of ${rounds} …\n`);
    for (const cell of shuffled(cells.filter(({ every }) => round % every === 0))) {
      // A process that had nothing to do for a while begins slowly: its first run does not count.
      if (cell.kind !== last) await once(cell, 2 * seconds);
      last = cell.kind;
      runs.get(cell)?.push(await once(cell, seconds));
    }
  }
  return runs;
}

/** How many rounds, and how long a run and a warm-up are, in seconds; a new process warms up six times as long. */
interface Plan {
  rounds: number;
  seconds: number;
  warmUp: number;
}
const whole = { rounds: 84, seconds: 0.1, warmUp: 1 };
const glance = { rounds: 48, seconds: 0.1, warmUp: 0.4 };

/** Throws unless the server answers what it should, and, where it has a contract, refuses what that forbids. */
async function probe(server: Server, { label, kind, count, family, index }: Cell): Promise<void> {
  const url = server.origin + target(count, family, index);
  const good = (await (await fetch(url, { headers })).json()) as Record<string, unknown>;
  if (good.id !== 7 || good.limit !== 10) throw new Error(`${label} answers ${JSON.stringify(good)}`);
  if (kind === 'express' || kind === 'http') return;
  const bad = await fetch(url.replace('limit=10', 'limit=many'), { headers });
  if (bad.status !== 400) throw new Error(`${label} answers ${bad.status} to a limit that is no number`);
}

async function run(quick: boolean): Promise<Record<string, unknown>> {
  const servers = new Map<Kind, Server>();
  try {
    for (const kind of ['latchkey', 'validator', 'express', 'http'] as const) {
      servers.set(kind, await start('./server.ts', kind));
    }
    for (const cell of cells) await probe(servers.get(cell.kind) as Server, cell);
    return report(await measured(servers, quick ? glance : whole));
  } finally {
    for (const server of servers.values()) server.process.kill();
  }
}

/** The rate that a quarter, or three, of the runs stay below. */
const quartile = (runs: readonly Run[], quarters: 1 | 3) =>
  runs.map(({ rate }) => rate).toSorted((a, b) => a - b)[Math.floor((runs.length * quarters) / 4)] ?? Number.NaN;

function report(runs: Map<Cell, Run[]>): Record<string, unknown> {
  const results = [...runs].map(([{ label, count, family, index, kind }, list]) => ({
    label,
    kind,
    count,
    family,
    index,
    rate: median(list.map(({ rate }) => rate)),
    cpu: median(list.map(({ cpu }) => cpu)),
    spread: quartile(list, 3) / quartile(list, 1),
  }));
  type Result = (typeof results)[number];
  const find = (count: number, index: number, kind: Kind = 'latchkey', family: Family = 'short') =>
    results.find((r) => r.count === count && r.index === index && r.kind === kind && r.family === family) as Result;
  const first = find(10, 1);
  const last = find(400, 400);

  const head = ['', 'requests/s', 'of first of 10', 'CPU µs/request', 'Q3/Q1 of rounds'];
  const row = ({ label, rate, cpu, spread }: Result) => [
    label,
    thousands(rate),
    (rate / first.rate).toFixed(2),
    thousands(cpu),
    spread.toFixed(2),
  ];
  const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`;
  process.stdout.write(`\n${machine}\n\n${table([head, ...results.map(row)])}\n`);

  const three = (value: number) => Number(value.toFixed(3));
  return {
    ratio_last_of_400_to_first_of_10: three(last.rate / first.rate),
    target: 0.95,
    ratio_cpu_last_of_400_to_first_of_10: three(last.cpu / first.cpu),
    ratio_long_paths: three(find(400, 400, 'latchkey', 'long').rate / find(10, 1, 'latchkey', 'long').rate),
    ratio_to_validator_last_of_400: three(last.rate / find(400, 400, 'validator').rate),
    ratio_to_express: three(first.rate / find(400, 1, 'express').rate),
    cells: results.map(({ label, rate, cpu }) => ({
      cell: label,
      requests_per_second: Math.round(rate),
      cpu_us_per_request: Math.round(cpu),
    })),
  };
}

/** `npm run bench -- contract` */
export const contract = { about: 'does an operation cost more in a large contract?', run };
