import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { table } from './measure.ts';

/** What is measured where nobody names others: what takes minutes to install (Directus) or to answer (PBKDF2) is asked for by name. */
const usual = [
  ...['latchkey', 'latchkey-mystic', 'latchkey-v1', 'latchkey-verify', 'ceiling-http', 'ceiling-express'],
  ...['ceiling-express-pg', 'express-openapi-validator', 'better-auth', 'better-auth-secondary', 'pocketbase'],
];
const few = ['latchkey', 'latchkey-mystic', 'latchkey-v1', 'latchkey-verify', 'ceiling-http', 'ceiling-express-pg'];

/**
 * What a request to Latchkey may cost, whatever the machine: statements (what a process asks by itself is divided by few requests), rows
 * written, and CPU time as many times that of what it stands beside.
 */
const list = { sql: 1.8, writes: 0.5, beside: 'ceiling-express-pg', times: 3 };
const verdict = { sql: 0.8, writes: 0.5, beside: 'ceiling-http', times: 12 };

interface Row {
  rps: number;
  p99: number;
  sql: number;
  writes: number;
  serverCpu: number;
  pgCpu: number;
  errors: number;
}

export const peers = {
  about: 'the same request to Latchkey and to other systems, which it installs (PEERS names them)',

  /** The harness is plain JavaScript in `peers/`: what it starts is not ours, and runs as others install it. */
  async run(quick: boolean): Promise<Record<string, unknown>> {
    const names = process.env.PEERS?.split(/[ ,]+/) ?? (quick ? few : usual);
    const entry = fileURLToPath(new URL('peers/run.mjs', import.meta.url));
    const env = { ...(quick && { PEERS_ROUNDS: '2', PEERS_SECONDS: '3', PEERS_TRIALS: '3' }), ...process.env };
    const child = spawn(process.execPath, [entry, ...names], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    const lines = said.trimEnd().split('\n');
    process.stdout.write(`${lines.slice(0, -1).join('\n')}\n`);
    if (code !== 0) throw new Error(`the harness ended with ${code}`);
    const result = JSON.parse(lines.at(-1) ?? '{}');
    const beside = besideOf(result.peers);
    process.stdout.write(`\n${table([['', 'beside', 'requests/s', 'CPU', 'p99'], ...beside.map(words)])}`);
    return { ...result, beside, faults: faultsOf(result.peers) };
  },
};

interface Beside {
  ours: string;
  other: string;
  rate: number;
  cpu: number;
  p99: number;
}

/** A list beside what lists, the verdict beside what answers without a database: each as a part of the other. */
function besideOf(rows: Record<string, Row>): Beside[] {
  const lists = Object.keys(rows).filter((name) => !/^(latchkey|ceiling-http$|ceiling-express$)/.test(name));
  const three = (value: number) => Number(value.toFixed(3));
  return Object.entries(rows).flatMap(([ours, row]) =>
    (ours === 'latchkey-verify' ? ['ceiling-http', 'ceiling-express'] : ours.startsWith('latchkey') ? lists : [])
      .filter((other) => rows[other]?.rps && row.rps)
      .map((name) => {
        const other = rows[name] as Row;
        const rate = three(row.rps / other.rps);
        return { ours, other: name, rate, cpu: three(cpuOf(row) / cpuOf(other)), p99: three(row.p99 / other.p99) };
      }),
  );
}

const words = ({ ours, other, rate, cpu, p99 }: Beside) => [
  ours,
  other,
  ...[rate, cpu, p99].map((ratio) => `× ${ratio.toFixed(2)}`),
];

/** Of the server and of Postgres, in milliseconds a request. */
const cpuOf = ({ serverCpu, pgCpu }: Row) => serverCpu + pgCpu;

/** What costs more than it may; times are compared within the run alone. */
function faultsOf(rows: Record<string, Row>): string[] {
  return Object.entries(rows).flatMap(([name, row]) => {
    const { sql, writes, errors } = row;
    if (!name.startsWith('latchkey')) return [];
    if (sql === undefined) return [`${name} was not measured`];
    const most = name === 'latchkey-verify' ? verdict : list;
    const ceiling = rows[most.beside];
    const ratio = ceiling?.rps && cpuOf(row) / cpuOf(ceiling);
    return [
      ...(sql > most.sql ? [`${name} asks ${sql} statements a request`] : []),
      ...(writes > most.writes ? [`${name} writes ${writes} rows a request`] : []),
      ...(errors > 0 ? [`${name} failed ${errors} times`] : []),
      ...(ratio && ratio > most.times ? [`${name} takes ${ratio.toFixed(1)} times the CPU of ${most.beside}`] : []),
    ];
  });
}
