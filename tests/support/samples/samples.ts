import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLatchkey } from '../../../generated/clients/typescript/index.js';
import { type Method, modelOf, readContracts, type Surface } from '../../../scripts/clients/model.js';
import { applicationKey } from '../house.ts';
import { openMagpipe, password } from '../magpipe.ts';

export type Language = 'curl' | 'typescript' | 'python' | 'go';

/** The samples of the docs, and a server to run them against. */
export interface Samples {
  surfaces: string[];
  method(surface: string, id: string): Method;
  /** The samples of a surface in one language, by operationId, about what is there. */
  of(surface: string, language: Language): [id: string, text: string][];
  /** Where the files lie that samples upload. */
  folder: string;
  /** What samples read from the environment. */
  env: Record<string, string>;
  close(): Promise<void>;
}

/** What waits for work that never comes. */
const waiting = ['takeRun'];

/** Opens a server with what the examples of the contracts are about, as far as it can be made. */
export async function openSamples(): Promise<Samples> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-samples-'));
  const model: Surface[] = modelOf(readContracts());
  const methods = new Map(
    model.flatMap(({ surface, resources }) =>
      resources.flatMap(({ methods }) => methods.map((method) => [`${surface} ${method.id}`, method] as const)),
    ),
  );
  const opened = await openMagpipe({ LATCHKEY_KEYS_PER_USER: '1000' });
  const server = createServer((request, response) => opened.app(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Whom the examples change and delete, by their numbers.
  for (let at = 0; at < 12; at++) await opened.person();
  const person = await opened.person();
  const session = await createLatchkey({ url }).sessions.create({ email: person.email, password });
  const latchkey = createLatchkey({ url, session });
  const { key } = await latchkey.keys.create({ name: 'samples' });
  const other = await latchkey.keys.create({ name: 'of the samples' });
  const pipeline = await latchkey.pipelines.create({ name: 'arwen starlight' });
  const file = await latchkey.files.upload({ file: new File(['meow'], 'cat.jpg') });
  // The ids of the contract's examples, and those that are there.
  const there: [RegExp, string][] = [
    [/key_[\da-f]{32}/g, other.id],
    [/ppl_[\da-f]{32}/g, pipeline.id],
    [/file_[\da-f]{32}/g, file.id],
  ];
  for (const { body } of methods.values())
    for (const field of body?.files ?? [])
      writeFileSync(join(folder, String(body?.examples[0]?.value?.[field])), 'meow');

  return {
    surfaces: model.map(({ surface }) => surface),
    method: (surface, id) => methods.get(`${surface} ${id}`) as Method,
    of(surface, language) {
      const all: Record<string, Record<Language, string>> = JSON.parse(
        readFileSync(`generated/samples/${surface}.json`, 'utf8'),
      );
      return Object.entries(all)
        .filter(([id]) => !waiting.includes(id))
        .map(([id, sample]) => [id, there.reduce((text, [form, own]) => text.replace(form, own), sample[language])]);
    },
    folder,
    env: { LATCHKEY_URL: url, LATCHKEY_API_KEY: key ?? '', LATCHKEY_APPLICATION_KEY: applicationKey },
    async close() {
      server.closeAllConnections();
      server.close();
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
