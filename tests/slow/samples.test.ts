import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLatchkey, LatchkeyError, type LatchkeyOptions } from '../../generated/clients/typescript/index.js';
import { type Method, modelOf, readContracts } from '../../scripts/clients/model.js';
import { applicationKey } from '../support/house.ts';
import { type Magpipe, openMagpipe, password } from '../support/magpipe.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-samples-'));
const model = modelOf(readContracts());
const methods = new Map(
  model.flatMap(({ surface, resources }) =>
    resources.flatMap(({ methods }) => methods.map((method) => [`${surface} ${method.id}`, method] as const)),
  ),
);
/** What waits for work that never comes. */
const waiting = ['takeRun'];
type Sample = Record<string, string | null>;
const samplesOf = (surface: string): [id: string, sample: Sample][] => {
  const all: Record<string, Sample> = JSON.parse(readFileSync(`generated/samples/${surface}.json`, 'utf8'));
  return Object.entries(all).filter(([id]) => !waiting.includes(id));
};
let opened: Magpipe;
let env: Record<string, string> = {};
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
  env = { LATCHKEY_URL: url, LATCHKEY_API_KEY: key ?? '', LATCHKEY_APPLICATION_KEY: applicationKey };
  const other = await latchkey.keys.create({ name: 'of the samples' });
  const pipeline = await latchkey.pipelines.create({ name: 'arwen starlight' });
  const file = await latchkey.files.upload({ file: new File(['meow'], 'cat.jpg') });
  there = [
    [/key_[\da-f]{32}/g, other.id],
    [/ppl_[\da-f]{32}/g, pipeline.id],
    [/file_[\da-f]{32}/g, file.id],
  ];
  for (const { body } of methods.values())
    for (const field of body?.files ?? [])
      writeFileSync(join(folder, String(body?.examples[0]?.value?.[field])), 'meow');
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
    env: { ...process.env, ...env },
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
    await sample(made, { env }, { log: () => undefined }).catch((error) => {
      if (!(error instanceof LatchkeyError)) throw new Error(`${id}: ${error}`);
      // Mage's errors come with 200.
      statuses[id] ??= error.status;
    });
  }
  return statuses;
}

/** What the examples cannot do here, besides: the status and why. */
const otherwise: Record<string, number[]> = {
  'latchkey createPipeline': [409], // the sample before made one of that name
  'latchkey rotateKey': [409], // it was rotated by the sample before
  'latchkey reportSecretsFound': [503], // nobody is GitHub here
  'mystic startUpload': [503], // there is no registry
  'mystic_v3 openPipelineFile': [403], // an address of the past
  'mystic_v3 uploadPart': [401], // the same
  'maiagent createAttachment': [400], // the file of the example is not there
  'maiagent createPipeline': [400], // its name was taken by the sample before
  'maiagent uploadFile': [403], // a form of the past
};

/** What may not be done with a key, and what is proved by a password or a token that the examples make up. */
function isRefusal(surface: string, id: string, status: number): boolean {
  const { scope, security } = methods.get(`${surface} ${id}`) as Method;
  const isSession = scope === 'session' || surface === 'magpipe_auth' || /Token$|Tokens$|CliSession$/.test(id);
  if (isSession && [401, 403].includes(status)) return true;
  const isProof = security.length === 0 || surface === 'magpipe_auth';
  return isProof && [400, 401, 403, 422].includes(status);
}

it.each(model.map(({ surface }) => surface))(
  '%s: what the samples say is accepted, or is not there',
  async (surface) => {
    const operations = samplesOf(surface).map(([id]) => id);
    const all = { curl: await byCurl(surface), typescript: await byTypescript(surface) };
    const wrong = Object.entries(all).flatMap(([language, statuses]) => {
      expect(Object.keys(statuses).sort()).toEqual(operations.sort());
      return Object.entries(statuses)
        .filter(([, status]) => !(status >= 200 && status < 400) && status !== 404)
        .filter(([id, status]) => !otherwise[`${surface} ${id}`]?.includes(status) && !isRefusal(surface, id, status))
        .map(([id, status]) => `${language} ${surface} ${id} ${status}`);
    });
    expect(wrong).toEqual([]);
  },
  180_000,
);
