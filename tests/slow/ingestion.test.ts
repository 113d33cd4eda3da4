import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readFile } from '../../src/core/ingestion/read_file.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { docx, paragraph, pdf, pptx } from '../support/documents.ts';
import { type Knowledge, openKnowledge } from '../support/knowledge.ts';
import type { Body } from '../support/mage.ts';

// Each file is a process of its own, at low priority.
vi.setConfig({ testTimeout: 240_000 });

let house: Knowledge;
const workers: Worker[] = [];
beforeAll(async () => {
  house = await openKnowledge();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((one) => one.stop()));
});
afterAll(() => house.close());

const url = () => house.house.db.client.connectionSettings.connectionString as string;
const work = async () => void workers.push(await startWorker(house.house, url()));
const detail = async (base: string, id: string): Promise<Body> =>
  (await house.ask('viewer', 'GET', `/knowledge-bases/${base}/files/${id}/`))[1];
const search = async (base: string, query: string): Promise<Body[]> =>
  (await house.ask('viewer', 'POST', `/knowledge-bases/${base}/search/`, { query }))[1] as never;
const nodes = (id: string) => house.house.db('text_nodes').where('knowledge_base_file_id', id);

/** Waits for something to be there. */
const until = <T>(look: () => Promise<T | undefined>, timeout = 60_000): Promise<T> =>
  vi.waitFor(
    async () => {
      const found = await look();
      if (found === undefined) throw new Error('not yet');
      return found;
    },
    { timeout, interval: 400 },
  );

/** Uploads bytes and registers them, as a client does; gives the entry. */
async function registered(base: string, name: string, content: Buffer | string): Promise<Body> {
  const { file } = (await house.form('editor', '/attachments-upload/', [{ name: 'file', filename: name, content }]))
    .body;
  const [status, page] = await house.ask('editor', 'POST', `/knowledge-bases/${base}/files/`, {
    files: [{ file, filename: name }],
  });
  expect([status, page]).toMatchObject([201, {}]);
  return page.results[0];
}

/** Waits until a file has been read, or cannot be. */
const read = (base: string, id: string) =>
  until(async () => {
    const entry = await detail(base, id);
    return ['done', 'failed'].includes(entry.status) ? entry : undefined;
  }, 150_000);

describe('a file that is registered', () => {
  it('is read, shows how that goes, and is found with its place', async () => {
    const base = await house.base();
    await work();
    const book = await registered(
      base,
      'book.pdf',
      pdf([
        ['Fares', 'A ride costs one hundred.'],
        ['Children', 'They pay the half of it.'],
      ]),
    );
    expect(book).toMatchObject({ status: 'initial', pages: null });
    const slides = await registered(base, 'slides.pptx', pptx([{ title: '票價', text: '兒童半價' }]));
    expect(await read(base, book.id)).toMatchObject({
      status: 'done',
      pages: 2,
      pagesRead: 2,
      failedReason: null,
      pageFailures: [],
    });
    expect(await read(base, slides.id)).toMatchObject({ status: 'done', pages: 1 });
    expect(await search(base, 'how much do children pay?')).toMatchObject([
      { filename: 'book.pdf', pageNumber: 2, heading: 'Children', text: 'They pay the half of it.' },
    ]);
    expect(await search(base, '兒童')).toMatchObject([{ filename: 'slides.pptx', heading: '票價' }]);
  });

  it('that cannot be read is failed, and says why', async () => {
    const base = await house.base();
    await work();
    const files: [string, Buffer | string, string][] = [
      ['a.pdf', 'no PDF', 'The file is damaged, or no PDF.'],
      ['b.docx', 'no archive', 'The file is damaged, or not what its name says.'],
      ['c.doc', 'old', 'Files of this type are kept, but not read here.'],
      ['d.txt', ' \n ', 'There is no text in this file. Pictures of text are not read here.'],
    ];
    for (const [name, content, why] of files) {
      const { id } = await registered(base, name, content);
      expect([name, await read(base, id)]).toMatchObject([name, { status: 'failed', failedReason: why }]);
      expect(await nodes(id)).toEqual([]);
    }
  });

  it('is read once more: what was found stays until then, and nothing is there twice', async () => {
    const base = await house.base();
    await work();
    const { id } = await registered(base, 'a.docx', docx(paragraph('A sword.')));
    await read(base, id);
    await nodes(id).update({ text: 'An old sword.' });
    const [status, page] = await house.ask('editor', 'PATCH', `/knowledge-bases/${base}/files/batch-reparse/`, [
      { id, parser: 'MaiAgent Parser' },
    ]);
    expect([status, page.results[0].status]).toEqual([200, 'initial']);
    expect(await read(base, id)).toMatchObject({ status: 'done', parser: { name: 'MaiAgent Parser' } });
    expect(await nodes(id).select('text')).toEqual([{ text: 'A sword.' }]);
  });

  it('that is deleted takes its pieces along, also while it is read', async () => {
    const base = await house.base();
    const { id } = await registered(base, 'a.txt', 'A sword.\n\n'.repeat(20_000));
    const reading = readFile(house.house, { id, reading: 1 }, new AbortController().signal, true);
    await until(async () => (await detail(base, id)).status === 'processing' || undefined);
    expect((await house.ask('editor', 'DELETE', `/knowledge-bases/${base}/files/${id}/`))[0]).toBe(204);
    await reading;
    expect(await nodes(id)).toEqual([]);
    const [{ count } = { count: 0 }] = await house.house
      .db('text_nodes')
      .where('knowledge_base_id', base)
      .count({ count: '*' });
    expect(Number(count)).toBe(0);
  });
});

describe('what interrupts', () => {
  it('a late reading changes nothing: a newer one has been asked for', async () => {
    const base = await house.base();
    const { id } = await registered(base, 'a.txt', 'A sword.');
    await house.house.db('knowledge_base_files').where({ id }).update({ reading: 5 });
    await readFile(house.house, { id, reading: 4 }, new AbortController().signal, true);
    expect([await nodes(id), (await detail(base, id)).status]).toEqual([[], 'initial']);
  });

  it('a process that stops gives the reading back, and the next one does it', async () => {
    const base = await house.base();
    const stopping = new AbortController();
    const { id } = await registered(base, 'a.txt', 'A sword.\n\n'.repeat(50_000));
    const reading = readFile(house.house, { id, reading: 1 }, stopping.signal, true);
    await until(async () => (await detail(base, id)).status === 'processing' || undefined);
    stopping.abort(new Error('on the way out'));
    await expect(reading).rejects.toThrow('on the way out');
    expect((await detail(base, id)).status).toBe('processing');
    await work();
    expect((await read(base, id)).status).toBe('done');
  });

  it('a reading that a dead process holds is taken up by another', async () => {
    const base = await house.base();
    const { id } = await registered(base, 'a.txt', 'A sword.');
    const { db } = house.house;
    await db('knowledge_base_files')
      .where({ id })
      .update({ status: 'processing', heard_at: db.raw(`now() - interval '2 minutes'`) });
    await db.raw(
      `update graphile_worker._private_jobs set locked_at = now() - interval '2 minutes', locked_by = 'dead' where key = ?`,
      [`read_file ${id}`],
    );
    await work();
    expect((await read(base, id)).status).toBe('done');
  });

  it('what was registered before files were read is read at the start', async () => {
    const base = await house.base();
    const { id } = await registered(base, 'a.txt', 'A sword.');
    const { db } = house.house;
    await db('knowledge_base_files').where({ id }).update({ reading: 0 });
    await db.raw(`select graphile_worker.remove_job(?)`, [`read_file ${id}`]);
    await work();
    expect((await read(base, id)).status).toBe('done');
  });

  it('bytes that are gone: tried again, and failed in the end', async () => {
    const base = await house.base();
    const { id } = await registered(base, 'a.txt', 'A sword, gone.');
    const { db } = house.house;
    await db('files')
      .where('id', db('knowledge_base_files').where({ id }).select('file_id'))
      .update({ sha256: 'f'.repeat(64) });
    const never = new AbortController().signal;
    await expect(readFile(house.house, { id, reading: 1 }, never, false)).rejects.toThrow(
      'The bytes of this file are gone.',
    );
    expect((await detail(base, id)).status).toBe('processing');
    await readFile(house.house, { id, reading: 1 }, never, true);
    expect(await detail(base, id)).toMatchObject({
      status: 'failed',
      failedReason: 'The bytes of this file are gone.',
    });
  });
});
