import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLatchkey, LatchkeyError, type LatchkeyOptions } from '../../generated/clients/typescript/index.js';
import { modelOf, readContracts } from '../../scripts/clients/model.js';
import { applicationKey } from '../support/house.ts';
import { type Magpipe, openMagpipe, password } from '../support/magpipe.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-samples-'));
const model = modelOf(readContracts());
/** What waits for work that never comes. */
const waiting = ['takeRun'];
type Sample = Record<string, string | null>;
const samplesOf = (surface: string): [id: string, sample: Sample][] => {
  const all: Record<string, Sample> = JSON.parse(readFileSync(`generated/samples/${surface}.json`, 'utf8'));
  return Object.entries(all).filter(([id]) => !waiting.includes(id));
};
/** What people do in a session, and not with a key: that of `/v1`, and of supabase-js. */
const envOf = (surface: string) =>
  /^(latchkey|magpipe_auth)$/.test(surface) ? { ...env, LATCHKEY_API_KEY: token } : env;

let opened: Magpipe;
let env: Record<string, string> = {};
let token = '';
/** The ids of the contract's examples, and those that are there. */
let there: [RegExp, string][] = [];
const server = createServer((request, response) => opened.app(request, response));

beforeAll(async () => {
  opened = await openMagpipe({ LATCHKEY_KEYS_PER_USER: '1000' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Whom the examples change and delete, by their numbers.
  for (let at = 0; at < 12; at++) await opened.person();
  const person = await opened.person();
  const session = await createLatchkey({ url }).sessions.create({ email: person.email, password });
  const latchkey = createLatchkey({ url, session });
  const { key } = await latchkey.keys.create({ name: 'samples' });
  token = session.access_token ?? '';
  env = { LATCHKEY_URL: url, LATCHKEY_API_KEY: key ?? '', LATCHKEY_APPLICATION_KEY: applicationKey };
  const other = await latchkey.keys.create({ name: 'of the samples' });
  const pipeline = await latchkey.pipelines.create({ name: 'arwen starlight' });
  const file = await latchkey.files.upload({ file: new File(['meow'], 'cat.jpg') });
  there = [
    [/key_[\da-f]{32}/g, other.id],
    [/ppl_[\da-f]{32}/g, pipeline.id],
    [/file_[\da-f]{32}/g, file.id],
  ];
  for (const name of ['cat.jpg', 'faq.csv', 'report.pdf', 'manual.pdf']) writeFileSync(join(folder, name), 'meow');
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await opened.close();
  rmSync(folder, { recursive: true, force: true });
});

const prepared = (sample: string) => there.reduce((text, [form, id]) => text.replace(form, id), sample);

/** The status that each of curl's samples is answered with. */
async function byCurl(surface: string): Promise<Record<string, number>> {
  const lines = samplesOf(surface).map(([id, { curl }]) => {
    const quiet = `${curl?.includes('--output') ? '' : '-o /dev/null '}-s -S --max-time 20 -w '%{http_code}\\n'`;
    return `printf '%s ' ${id}\n${prepared(curl ?? '')} \\\n  ${quiet}`;
  });
  const { stdout } = await run('bash', ['-c', lines.join('\n')], {
    cwd: folder,
    env: { ...process.env, ...envOf(surface) },
  });
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return Object.fromEntries(pairs.map(([id = '', status]) => [id, Number(status)]));
}

/** The status that each of TypeScript's is answered with. */
async function byTypescript(surface: string): Promise<Record<string, number>> {
  const Async = (async () => undefined).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const statuses: Record<string, number> = {};
  for (const [id, { typescript }] of samplesOf(surface)) {
    const text = prepared(typescript ?? '').replace(/^import .*\n/, '');
    const own: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      statuses[id] = response.status;
      return response;
    };
    const made = (options: LatchkeyOptions) => createLatchkey({ ...options, fetch: own, retries: 0, timeout: 20_000 });
    const sample = new Async('createLatchkey', 'process', 'console', text);
    await sample(made, { env: envOf(surface) }, { log: () => undefined }).catch((error) => {
      if (!(error instanceof LatchkeyError)) throw new Error(`${id}: ${error}`);
      statuses[id] = error.status;
    });
  }
  return statuses;
}

/** What the examples cannot do here, and why. */
const otherwise: Record<string, [statuses: number[], why: string]> = {};

it.each(model.map(({ surface }) => surface))(
  '%s: what the samples say is accepted, or is not there',
  async (surface) => {
    const operations = samplesOf(surface).map(([id]) => id);
    const all = { curl: await byCurl(surface), typescript: await byTypescript(surface) };
    const wrong = Object.entries(all).flatMap(([language, statuses]) => {
      expect(Object.keys(statuses).sort()).toEqual(operations.sort());
      return Object.entries(statuses)
        .filter(([, status]) => !(status >= 200 && status < 400) && status !== 404)
        .filter(([id, status]) => !otherwise[`${surface} ${id}`]?.[0].includes(status))
        .map(([id, status]) => `${language} ${surface} ${id} ${status}`);
    });
    expect(wrong).toEqual([]);
  },
  180_000,
);
