// What measures speed: `npm run bench -- NAME`. A table for people, then, as the last line, one JSON object.
// @ts-expect-error: plain JavaScript, so that an old Node can read it
import { buildIfNeeded } from '../scripts/build.js';
import { against } from './against.ts';
import { auditBench } from './audit.ts';
import { contract } from './contract.ts';
import { flat } from './flat.ts';
import { log } from './log.ts';
import { memory } from './memory.ts';
import { peers } from './peers.ts';
import { retrievalBench } from './retrieval.ts';
import { runsBench } from './runs.ts';
import { signInBench } from './sign-in.ts';
import { streamBench } from './stream.ts';
import { upload } from './upload.ts';
import { verify } from './verify.ts';

interface Bench {
  about: string;
  /** Prints its table, and returns what the last line says. Quick: fewer and shorter rounds, for a glance. */
  run(quick: boolean): Promise<Record<string, unknown>>;
}

const benches: Record<string, Bench> = {
  ...{
    contract,
    flat,
    log,
    memory,
    against,
    verify,
    upload,
    'sign-in': signInBench,
    audit: auditBench,
    peers,
    runs: runsBench,
    retrieval: retrievalBench,
    stream: streamBench,
  },
};

const [name = '', ...rest] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (!bench || rest.some((word) => word !== '--quick')) {
  const list = Object.entries(benches).map(([known, { about }]) => `  ${known.padEnd(12)}${about}`);
  process.stderr.write(`npm run bench -- NAME [--quick], where NAME is one of\n${list.join('\n')}\n`);
  process.exit(2);
}

// What is measured is what `npm start` runs.
await buildIfNeeded();
const result = await bench.run(rest.includes('--quick'));
process.stdout.write(`${JSON.stringify({ bench: name, ...result })}\n`);
