import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What is measured where nobody names others: what takes minutes to install (Directus) or to answer (PBKDF2) is asked for by name. */
const usual = [
  ...['latchkey', 'latchkey-mystic', 'latchkey-v1', 'latchkey-verify', 'ceiling-http', 'ceiling-express'],
  ...['ceiling-express-pg', 'express-openapi-validator', 'better-auth', 'better-auth-secondary'],
];
const few = ['latchkey', 'latchkey-mystic', 'latchkey-v1', 'latchkey-verify', 'ceiling-http', 'ceiling-express-pg'];

/**
 * What a request to Latchkey may cost, whatever the machine: statements (what a process asks by itself is divided by few requests), rows
 * written, and CPU time as many times that of what it stands beside.
 */
const list = { sql: 1.8, writes: 0.5, beside: 'ceiling-express-pg', times: 3 };
const verdict = { sql: 0.8, writes: 0.5, beside: 'ceiling-http', times: 12 };

interface Row {
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
    return { ...result, faults: faultsOf(result.peers) };
  },
};

/** What costs more than it may; times are compared within the run alone. */
function faultsOf(rows: Record<string, Row>): string[] {
  return Object.entries(rows).flatMap(([name, { sql, writes, serverCpu, pgCpu, errors }]) => {
    if (!name.startsWith('latchkey') || sql === undefined) return [];
    const most = name === 'latchkey-verify' ? verdict : list;
    const ceiling = rows[most.beside];
    const ratio = ceiling && (serverCpu + pgCpu) / (ceiling.serverCpu + ceiling.pgCpu);
    return [
      ...(sql > most.sql ? [`${name} asks ${sql} statements a request`] : []),
      ...(writes > most.writes ? [`${name} writes ${writes} rows a request`] : []),
      ...(errors > 0 ? [`${name} failed ${errors} times`] : []),
      ...(ratio && ratio > most.times ? [`${name} takes ${ratio.toFixed(1)} times the CPU of ${most.beside}`] : []),
    ];
  });
}
