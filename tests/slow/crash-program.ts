import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '../../src/config.ts';
import { dropFile, keepFile } from '../../src/core/files/index.ts';
import { makeHouse } from '../../src/core/house.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { connect } from '../../src/database/database.ts';
import { silent } from '../support/silent.ts';

// Keeps a file as a process of its own, says how far it is, and stops at a step until it is killed: `program.ts STEP SIZE`.

const [stop = '', size = '0'] = process.argv.slice(2);
const config = readConfig();
const db = connect(config.databaseUrl ?? '');
const installation = await openInstallation(db, config);
const house = makeHouse({ config, db, log: silent, installation });
const principal = { kind: 'open', accountId: installation.accountId } as const;
const context = {
  house,
  db,
  principal,
  asker: { address: '127.0.0.1', requestId: 'test', origin: 'http://localhost' },
};

const reach = async (step: string, more: object = {}) => {
  process.stdout.write(`${step} ${JSON.stringify(more)}\n`);
  if (step === stop) await wait(600_000);
};

/** Different bytes at each place, made as they are needed. */
async function* body(length: number) {
  const block = Buffer.alloc(65_536);
  for (let at = 0; at < length; at += block.length) {
    block.writeUInt32LE(at, 0);
    yield Buffer.from(block.subarray(0, Math.min(block.length, length - at)));
    if (stop === 'receiving' && at > length / 2) await reach('receiving');
  }
}
const receive = (length: number) =>
  house.files.receive(Readable.from(body(length)), { name: 'big.bin', mediaType: '' }, length);

if (stop === 'memory') {
  // What is loaded and kept for good is no matter of the size.
  await keepFile(context, await receive(12_000_000));
  global.gc?.();
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 5);
  const upload = await receive(Number(size));
  const received = most - before;
  const file = await keepFile(context, upload);
  const kept = most - before;
  let read = 0;
  for await (const chunk of await house.files.read(file)) read += chunk.length;
  clearInterval(watch);
  await reach('memory', { received, kept, most: most - before, read });
}

const upload = await receive(Number(size));
await reach('received');
const file = await db.transaction(async (trx) => {
  const kept = await keepFile({ ...context, db: trx }, upload);
  await reach('kept');
  return kept;
});
await reach('committed');
await dropFile(context, file.id);
await reach('dropped');
