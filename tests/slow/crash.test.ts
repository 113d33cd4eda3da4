import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Program, startProgram } from '../support/process.ts';
import { hashOf, kinds, openStore, type Store } from '../support/store.ts';

const size = 12_000_000;

describe.each(kinds)('a process that keeps a file in %s and is killed', (kind) => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore(kind);
  });
  afterAll(() => store.close());
  afterEach(async () => {
    await store.house.db('files').delete();
    await store.house.db.raw('delete from graphile_worker._private_jobs');
  });

  const start = (step: string) => startProgram('tests/slow/crash-program.ts', store.env, [step, String(size)]);
  const kill = async ({ child, ended }: Program) => {
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
  };
  /** What holds after any crash, at once and once it was swept: a row has all its bytes; in the end nothing else is left. */
  const consistent = async (files: number) => {
    const whole = async () => {
      const rows = await store.house.db('files');
      expect(rows).toHaveLength(files);
      for (const row of rows) expect(hashOf(await store.bytesOf(row))).toBe(row.sha256);
      return rows.map(({ sha256 }) => sha256);
    };
    await whole();
    // Postgres takes a moment to see that the process is gone, and its locks with it.
    await vi.waitFor(
      async () => {
        await store.sweep();
        expect(await store.kept()).toEqual(await whole());
      },
      { timeout: 10_000, interval: 100 },
    );
    expect(await store.incoming()).toEqual([]);
  };

  it('while the bytes arrive: part of an upload is left, and swept', async () => {
    const program = start('receiving');
    await program.said(/^receiving/m);
    await kill(program);
    expect([(await store.incoming()).length, await store.kept()]).toEqual([1, []]);
    await consistent(0);
  });

  it('when they have arrived: an upload is left, and swept', async () => {
    const program = start('received');
    await program.said(/^received/m);
    await kill(program);
    expect([(await store.incoming()).length, await store.kept()]).toEqual([1, []]);
    await consistent(0);
  });

  it('when the bytes are in the store, before the row is: they are swept', async () => {
    const program = start('');
    await store.house.db.transaction(async (db) => {
      await db.raw('lock table files in share mode');
      await vi.waitFor(async () => expect(await store.kept()).toHaveLength(1), { timeout: 20_000, interval: 20 });
      await kill(program);
    });
    await consistent(0);
  });

  it('when the row is there, before it is committed: the row is none, and the bytes are swept', async () => {
    const program = start('kept');
    await program.said(/^kept/m);
    await store.sweep();
    expect(await store.kept()).toHaveLength(1);
    await kill(program);
    await consistent(0);
  });

  it('when it is committed: nothing is lost', async () => {
    const program = start('committed');
    await program.said(/^committed/m);
    await kill(program);
    await consistent(1);
  });

  it('when the row is dropped, before its bytes are: another process collects them', async () => {
    const program = start('dropped');
    await program.said(/^dropped/m);
    await kill(program);
    expect(await store.kept()).toHaveLength(1);
    await store.collect();
    expect(await store.kept()).toEqual([]);
    await consistent(0);
  });

  if (kind === 's3') {
    it('in the middle of sending: nothing is there that can be served', async () => {
      const program = start('');
      const seen = store.requests.length;
      const second = () => store.requests.slice(seen).some(({ url }) => url?.includes('partNumber=2'));
      await vi.waitFor(() => expect(second()).toBe(true), { timeout: 20_000, interval: 1 });
      await kill(program);
      expect(store.requests.slice(seen).filter(({ method }) => method === 'POST')).toHaveLength(1);
      expect(await store.kept()).toEqual([]);
      await consistent(0);
    });
  }

  it('300 MB are received, kept and read in less than 120 MB of memory more', async () => {
    const program = startProgram('tests/slow/crash-program.ts', store.env, ['memory', '300000000']);
    const [, seen = ''] = await program.said(/^memory (.*)$/m);
    await kill(program);
    const { received, kept, most, read } = JSON.parse(seen);
    expect(read).toBe(300_000_000);
    expect([received, kept, most].filter((more) => more > 120_000_000)).toEqual([]);
  }, 240_000);
});
