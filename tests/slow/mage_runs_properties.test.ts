import fc from 'fast-check';
import request from 'supertest';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import type { Body } from '../support/mage.ts';
import { type MageRuns, openMageRuns } from '../support/mage_runs.ts';

// Runs of random graphs, worked on over /v1/runner by runners that die, are late, say things twice and are called off.

let mage: MageRuns;
let key: string;
beforeAll(async () => {
  mage = await openMageRuns({ LATCHKEY_REQUESTS_PER_MINUTE: '0', LATCHKEY_REQUESTS_PER_HOUR: '0' });
  key = makeKey();
  await mage.house.db('api_keys').insert({
    ...{ hash: digest(key), prefix: key.slice(0, 8), name: 'r', checksummed: true },
    ...{ account_id: mage.house.installation.accountId, user_id: mage.users.editor.id },
  });
});
afterAll(() => mage.close());
beforeEach(async () => {
  await mage.house.db('pipelines').delete();
});

const tell = async (path: string, body: object): Promise<{ status: number; body: Body }> => {
  const call = request(mage.server).post(`/v1/runner/${path}`).set('Authorization', `Bearer ${key}`);
  const { status, body: answer } = await call.send(body);
  return { status, body: answer };
};

interface Node {
  upstream: number[];
  retries: number;
  /** How it ends, each time that it is tried. */
  ends: ('completed' | 'failed' | 'condition_failed')[];
}
/** Blocks that take the outputs of some of those before them. */
const graph = fc.integer({ min: 1, max: 6 }).chain((size) =>
  fc.tuple(
    ...Array.from({ length: size }, (_, at) =>
      fc.record<Node>({
        upstream: fc.subarray(Array.from({ length: at }, (_, before) => before)),
        retries: fc.integer({ min: 0, max: 2 }),
        ends: fc.array(
          fc.oneof(
            { weight: 6, arbitrary: fc.constant('completed' as const) },
            fc.constantFrom('failed' as const, 'condition_failed' as const),
          ),
          { minLength: 3, maxLength: 3 },
        ),
      }),
    ),
  ),
);
/** What happens next: which of the blocks at hand, and whether something goes wrong at that moment. */
const step = fc.record({
  which: fc.nat(),
  what: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('begin', 'end') },
    fc.constantFrom('die', 'give back', 'repeat', 'late'),
  ),
});

const over = ['completed', 'failed', 'upstream_failed', 'condition_failed', 'cancelled'];
const uuid = (at: number) => `b${at}`;

let number = 0;
async function fired(nodes: readonly Node[], allow_blocks_to_fail: boolean): Promise<number> {
  number += 1;
  const name = `p${number}`;
  const { pipeline } = await mage.call('owner', 'POST', '/pipelines', { pipeline: { name } });
  for (const [at, { upstream, retries }] of nodes.entries()) {
    const block = { name: uuid(at), type: 'custom', upstream_blocks: upstream.map(uuid) };
    await mage.call('owner', 'POST', `/pipelines/${pipeline.uuid}/blocks`, { block });
    const path = `/pipelines/${pipeline.uuid}/blocks/${uuid(at)}`;
    await mage.call('owner', 'PUT', path, { block: { retry_config: { retries } } });
  }
  const trigger = await mage.trigger(pipeline.uuid, { settings: { allow_blocks_to_fail } });
  const { id } = (await mage.fire(trigger as never)).pipeline_run;
  await mage.look();
  return id;
}
const leaseEnds = () => mage.house.db('runs').whereNull('ended_at').update({ leased_until: '2020-01-01T00:00:00Z' });

/** A runner as it should be: begins what is ready, and says how it ended. Counts how often the server let a block begin. */
class Worker {
  run: Body;
  first = 1;
  status = new Map<string, string | null>();
  tries = new Map<string, number>();
  said: object[] = [];

  constructor(
    readonly nodes: readonly Node[],
    readonly begun: Map<string, number>,
  ) {}

  async take(): Promise<boolean> {
    const { body } = await tell('take', { wait_seconds: 0 });
    this.run = body.run;
    this.first = 1;
    for (const block of body.run?.blocks ?? []) {
      this.status.set(block.uuid, block.status === 'running' ? 'initial' : block.status);
      this.tries.set(block.uuid, block.tries);
    }
    return body.run !== null;
  }

  named(status: string): string[] {
    return [...this.status].filter(([, its]) => its === status).map(([name]) => name);
  }

  ready(): string[] {
    const isDone = (at: number) => ['completed', null].includes(this.status.get(uuid(at)) ?? null);
    return this.named('initial').filter((name) => this.nodes[Number(name.slice(1))]?.upstream.every(isDone));
  }

  async report(...events: object[]): Promise<number> {
    const { status } = await tell(`runs/${this.run.id}/report`, { lease: this.run.lease, first: this.first, events });
    if (status === 200) this.first += events.length;
    this.said = events;
    return status;
  }

  /** The same events once more change nothing. */
  async repeat(): Promise<void> {
    const first = this.first - this.said.length;
    if (this.said.length === 0 || first < 1) return;
    const sent = { lease: this.run.lease, first, events: this.said };
    expect((await tell(`runs/${this.run.id}/report`, sent)).status).toBe(200);
  }

  async begin(name: string): Promise<number> {
    const status = await this.report({ type: 'began', block: name });
    if (status !== 200) return status;
    this.begun.set(name, (this.begun.get(name) ?? 0) + 1);
    this.tries.set(name, (this.tries.get(name) ?? 0) + 1);
    this.status.set(name, 'running');
    return status;
  }

  async end(name: string): Promise<number> {
    const node = this.nodes[Number(name.slice(1))] as Node;
    const tries = this.tries.get(name) ?? 1;
    const end = node.ends[tries - 1] ?? 'completed';
    // Tried again here, as its retries say: the server hears of the next beginning.
    if (end === 'failed' && tries <= node.retries) return this.begin(name);
    const error = { error: 'kaboom', errors: [], message: 'kaboom' };
    const status = await this.report({ type: 'ended', block: name, status: end, ...(end === 'failed' && { error }) });
    if (status === 200) this.settle(name, end);
    return status;
  }

  private settle(name: string, end: string): void {
    this.status.set(name, end);
    if (end === 'completed') return;
    const after = new Set([Number(name.slice(1))]);
    for (const [at, { upstream }] of this.nodes.entries()) if (upstream.some((one) => after.has(one))) after.add(at);
    after.delete(Number(name.slice(1)));
    for (const at of after)
      if (this.status.get(uuid(at)) === 'initial')
        this.status.set(uuid(at), end === 'failed' ? 'upstream_failed' : 'condition_failed');
  }

  get failed(): boolean {
    return this.named('failed').length > 0;
  }

  async finish(mayFail: boolean): Promise<number> {
    const end = this.failed && !mayFail ? { state: 'failed', message: 'kaboom' } : { state: 'completed' };
    return (await tell(`runs/${this.run.id}/finish`, { lease: this.run.lease, ...end })).status;
  }
}

interface Story {
  nodes: readonly Node[];
  mayFail: boolean;
  steps: { which: number; what: string }[];
  /** After how many steps it is called off, if it is. */
  cancelAt: number;
}
const story: fc.Arbitrary<Story> = fc.record({
  nodes: graph as fc.Arbitrary<readonly Node[]>,
  mayFail: fc.boolean(),
  steps: fc.array(step, { maxLength: 25 }),
  cancelAt: fc.oneof(fc.constant(1_000), fc.nat({ max: 25 })),
});

/** Lives a story to its end; gives the run, how often blocks began, and those who worked on it, the last one last. */
async function live({ nodes, mayFail, steps, cancelAt }: Story) {
  const id = await fired(nodes, mayFail);
  const begun = new Map<string, number>();
  const workers: Worker[] = [];
  const next = async () => {
    const worker = new Worker(nodes, begun);
    if (await worker.take()) workers.push(worker);
    else return undefined;
    return worker;
  };
  let worker = await next();
  const cancel = () => mage.call('editor', 'PUT', `/pipeline_runs/${id}`, { pipeline_run: { status: 'cancelled' } });
  // What is left is done in order, when nothing goes wrong any more.
  const rest = Array.from({ length: 60 }, (_, at) => ({ which: 0, what: at % 2 ? 'end' : 'begin' }));
  let isCancelled = false;
  for (const [at, { which, what }] of [...steps, ...rest].entries()) {
    if (at === cancelAt && worker) {
      await cancel();
      isCancelled = true;
    }
    if (!worker) break;
    const pick = (names: string[]): string | undefined => names[which % Math.max(1, names.length)];
    const [ready, running] = [pick(worker.ready()), pick(worker.named('running'))];
    if ((worker.failed && !mayFail) || (!worker.ready().length && !worker.named('running').length)) {
      expect(await worker.finish(mayFail)).toBe(isCancelled ? 409 : 204);
      break;
    }
    if (what === 'begin' && ready) expect(await worker.begin(ready)).toBe(isCancelled ? 409 : 200);
    if (what === 'end' && running) expect(await worker.end(running)).toBe(isCancelled ? 409 : 200);
    if (isCancelled) break;
    if (what === 'repeat') await worker.repeat();
    if (what === 'give back' && worker.named('running').length === 0) {
      expect((await tell(`runs/${worker.run.id}/give-back`, { lease: worker.run.lease })).status).toBe(204);
      worker = await next();
    }
    if (what === 'die' && worker && (worker.run.attempt as number) < 4) {
      await leaseEnds();
      worker = await next();
    }
    const early = workers.length > 1 ? workers[0] : undefined;
    // Whoever has lost the run says what they like: nobody listens.
    if (what === 'late' && early)
      expect(
        await early.report({ type: 'began', block: uuid(0) }, { type: 'ended', block: uuid(0), status: 'completed' }),
      ).toBe(409);
  }
  return { id, begun, workers, isCancelled, run: await mage.run(id) };
}

describe('runs of random graphs, and runners that die', () => {
  it('every run ends, as its blocks have; a block begins once, and once more only as its retries say', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const { run, begun, isCancelled } = await live(told);
        const parts: { block_uuid: string; status: string }[] = run.block_runs;
        expect(parts).toHaveLength(told.nodes.length);
        for (const { status } of parts) expect(over).toContain(status);
        for (const [at, { retries }] of told.nodes.entries())
          expect(begun.get(uuid(at)) ?? 0).toBeLessThanOrEqual(retries + 1);
        for (const { block_uuid, status } of parts)
          if (status === 'completed') expect(begun.get(block_uuid)).toBeGreaterThan(0);
        const statuses = parts.map(({ status }) => status);
        const isWhole = statuses.every((status) => ['completed', 'condition_failed'].includes(status));
        expect(run.status).toBe(isCancelled ? 'cancelled' : isWhole ? 'completed' : 'failed');
        const byUuid = new Map(parts.map(({ block_uuid, status }) => [block_uuid, status]));
        for (const [at, { upstream }] of told.nodes.entries())
          if (byUuid.get(uuid(at)) === 'completed')
            for (const one of upstream) expect(byUuid.get(uuid(one))).toBe('completed');
      }),
      { numRuns: 25 },
    );
  }, 240_000);

  it('one that is cancelled at any moment ends cancelled, and stays so whatever is said of it afterwards', async () => {
    const cut = fc.record({
      nodes: graph as fc.Arbitrary<readonly Node[]>,
      mayFail: fc.boolean(),
      steps: fc.array(step, { maxLength: 8 }),
      cancelAt: fc.nat({ max: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(cut, async (told) => {
        const { id, workers, isCancelled } = await live(told);
        fc.pre(isCancelled);
        const last = workers.at(-1) as Worker;
        for (const what of ['report', 'finish', 'renew', 'give-back']) {
          const more = {
            report: { first: 1, events: [{ type: 'began', block: uuid(0) }] },
            finish: { state: 'completed' },
          };
          const sent = { lease: last.run.lease, ...more[what as 'report'] };
          expect((await tell(`runs/${last.run.id}/${what}`, sent)).status).toBe(409);
        }
        await leaseEnds();
        await mage.look();
        expect((await tell('take', { wait_seconds: 0 })).body.run).toBeNull();
        const run = await mage.run(id);
        expect(run).toMatchObject({ status: 'cancelled', completed_at: null });
        for (const { status } of run.block_runs) expect(over).toContain(status);
      }),
      { numRuns: 15 },
    );
  }, 240_000);
});
