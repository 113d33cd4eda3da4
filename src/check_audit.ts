import { readFileSync } from 'node:fs';
import { beside } from './beside.ts';
import { type Checked, checkAll, type Place } from './core/audit_chain/check.ts';
import { openSeal } from './core/sealing/secret.ts';
import { Mistake } from './mistake.ts';

// `npm run audit`: whether the audit log is as it was written, one line for each chain and for each break; with
// `--head FILE`, also whether it still has the heads in that file, one JSON object a line as `GET /v1/audit/head` gives it.

await beside(async (db, config, words) => {
  const kept = readHeads(words);
  const { seal } = await openSeal(db, config);
  // One moment of all tables: others write meanwhile.
  const all = await db.transaction((trx) => checkAll(trx, seal, kept), {
    isolationLevel: 'repeatable read',
    readOnly: true,
  });
  if (all.some(({ breaks }) => breaks.length > 0)) process.exitCode = 1;
  return all.flatMap(linesOf).join('\n') || 'The audit log is empty.';
});

function nameOf(chain: number): string | null {
  return chain === 0 ? null : `acc_${chain}`;
}

function linesOf({ chain, rows, end, breaks }: Checked): string[] {
  const name = nameOf(chain) ?? 'no account';
  if (breaks.length > 0) return breaks.map((sentence) => `${name}: ${sentence}`);
  const head = { account: nameOf(chain), sequence: end.seq, mac: end.mac.toString('hex') };
  return [`${name}: ${rows} rows hold, up to ${JSON.stringify(head)}`];
}

function readHeads([option, file, ...more]: string[]): Map<number, Place[]> {
  if (option === undefined) return new Map();
  if (option !== '--head' || file === undefined || more.length > 0)
    throw new Mistake('It takes --head FILE, or nothing', 2);
  const heads = new Map<number, Place[]>();
  try {
    for (const line of readFileSync(file, 'utf8')
      .split('\n')
      .filter((text) => text.trim() !== '')) {
      const { account, sequence, mac } = JSON.parse(line);
      const chain = account === null ? 0 : Number(/^acc_(\d+)$/.exec(account)?.[1]);
      if (!Number.isInteger(chain) || !Number.isInteger(sequence) || !/^[\da-f]{64}$/.test(mac))
        throw new Error('no head');
      heads.set(chain, [...(heads.get(chain) ?? []), { seq: sequence, mac: Buffer.from(mac, 'hex') }]);
    }
  } catch (error) {
    throw new Mistake(`${file} has no heads, one JSON object a line: ${(error as Error).message}`, 2);
  }
  return heads;
}
