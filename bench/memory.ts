// The memory of each process at rest: right after the start, and after work.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signIn, startLatchkey } from './built_server.ts';
import { load, table } from './measure.ts';

/** What each process of Node under this one holds of the machine's memory, itself first, in MB (Linux). */
function residentOf(pid: number): number[] {
  // Postgres is another program, and its pages are shared.
  if (readlinkSync(`/proc/${pid}/exe`) !== process.execPath) return [];
  const resident = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [Math.round(resident), ...children.flatMap((child) => residentOf(Number(child)))];
}

async function measure(processes: string, seconds: number) {
  const data = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const limits = { LATCHKEY_REQUESTS_PER_MINUTE: '0', LATCHKEY_REQUESTS_PER_HOUR: '0' };
  const server = await startLatchkey(data, { LATCHKEY_PROCESSES: processes, ...limits });
  const pid = server.process.pid as number;
  try {
    await sleep(seconds * 1000);
    const started = residentOf(pid);
    const headers = { Authorization: `Bearer ${await signIn(server.origin)}` };
    for (const path of ['/v1/pipelines?limit=5', '/v1/forward-auth']) await load(server, path, headers, seconds);
    await sleep(seconds * 1000);
    return { started, worked: residentOf(pid) };
  } finally {
    server.process.kill('SIGTERM');
    await once(server.process, 'exit');
    rmSync(data, { recursive: true, force: true });
  }
}

/** `npm run bench -- memory` */
export const memory = {
  about: 'the memory of each process at rest, of one and of one a core',
  async run(quick: boolean) {
    const rows: string[][] = [];
    const result: Record<string, number[]> = {};
    const seconds = quick ? 3 : 10;
    for (const processes of ['1', 'auto']) {
      process.stderr.write(`LATCHKEY_PROCESSES=${processes} …\n`);
      const { started, worked } = await measure(processes, seconds);
      const name = (at: number) =>
        started.length === 1 ? 'the only one' : at === 0 ? 'the first, over them' : `worker ${at}`;
      rows.push(...started.map((mb, at) => [`LATCHKEY_PROCESSES=${processes}: ${name(at)}`, `${mb}`, `${worked[at]}`]));
      Object.assign(result, { [`started_mb_${processes}`]: started, [`worked_mb_${processes}`]: worked });
    }
    process.stdout.write(table([['MB at rest', 'after the start', 'after work'], ...rows]));
    return { target: 150, ...result };
  },
};
