import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Runner, startRuns } from '../../src/core/runs/runner.ts';
import { startWorker, type Worker } from '../../src/core/worker.ts';
import { type Container, integer, openContainer } from '../support/container.ts';
import type { Body } from '../support/mage.ts';
import { type Mystic, openMystic, pushed } from '../support/mystic.ts';
import { brisk, url } from '../support/runs.ts';

let mystic: Mystic;
let container: Container;
let runner: Runner;
let worker: Worker;
let pipeline: Body;

beforeAll(async () => {
  mystic = await openMystic({ LATCHKEY_PRIVATE_CONTAINERS: 'true' });
  container = await openContainer();
  runner = startRuns(mystic.house, brisk);
  worker = await startWorker(mystic.house, url(mystic), undefined, { run: async () => runner.look() });
  pipeline = await mystic.pipeline('add');
  await mystic.call('PUT', `/v4/pipelines/${pipeline.id}/container`, { url: container.url });
});
afterAll(async () => {
  await worker.stop();
  await runner.stop(0);
  await container.close();
  await mystic.close();
});

const input = (value: number) => ({ type: 'integer', value, file_name: null, file_path: null, file_url: null });
const run = (pipeline_id_or_pointer: string, input_data: unknown[], more = {}) =>
  mystic.call('POST', '/v3/runs', { pipeline_id_or_pointer, input_data, ...more });

describe('B27: what clients of version 3 ask for', () => {
  it('POST /v3/runs: what came out is result.outputs, and the state is a number', async () => {
    for (const name of [pipeline.id, 'owner/add:v1']) {
      const [status, answer] = await run(name, [input(5), input(4)], { async_run: false });
      expect([status, answer]).toEqual([
        200,
        {
          id: expect.stringMatching(/^run_[\da-f]{32}$/),
          created_at: expect.any(Number),
          updated_at: expect.any(Number),
          pipeline_id: pipeline.id,
          environment_id: 'none',
          environment_hash: 'none',
          state: 10,
          error: null,
          result: { run_id: answer.id, outputs: [integer(9)] },
          input_data: [input(5), input(4)],
        },
      ]);
      expect(await mystic.call('GET', `/v3/runs/${answer.id}`)).toEqual([200, answer]);
      expect((await mystic.call('GET', `/v4/runs/${answer.id}`))[1]).toMatchObject({
        id: answer.id,
        state: 'completed',
      });
    }
  });

  it('a run that failed, one that nobody takes, one of no pipeline, one without a token', async () => {
    const [status, failed] = await run(pipeline.id, [input(-5), input(4)]);
    expect([status, failed.state, failed.result]).toEqual([200, 12, null]);
    expect(failed.error).toEqual({
      exception: "ValueError('I can only sum positive integers')",
      traceback: expect.stringContaining('Traceback'),
    });
    const { id } = await mystic.pipeline('nobody');
    expect(await run(id, [])).toMatchObject([503, { state: 23, result: null, error: null }]);
    expect((await run('owner/none:v1', []))[0]).toBe(404);
    expect((await mystic.call('POST', '/v3/runs', { pipeline: pipeline.id, inputs: [] }))[0]).toBe(422);
    expect((await mystic.send('anonymous', 'POST', '/v3/runs', {})).status).toBe(401);
    expect((await mystic.send('viewer', 'POST', '/v3/runs', { pipeline_id_or_pointer: id })).status).toBe(403);
  });

  it('async_run answers at once, and the run is polled', async () => {
    const [status, { id, state }] = await run(pipeline.id, [input(1), input(1)], { async_run: true });
    expect([status, [7, 10, 16].includes(state)]).toEqual([200, true]);
    await expect.poll(async () => (await mystic.call('GET', `/v3/runs/${id}`))[1].state).toBe(10);
  });

  it('/v3/validate, /v3/pipelines, /v3/pointers answer as those of version 4 do', async () => {
    expect((await mystic.send('viewer', 'GET', '/v3/validate')).status).toBe(204);
    expect((await mystic.send('anonymous', 'GET', '/v3/validate')).status).toBe(401);
    const [status, made] = await mystic.call('POST', '/v3/pipelines', pushed('third'));
    expect([status, made.name]).toEqual([200, 'owner/third']);
    for (const path of [
      'pipelines?skip=1&limit=1',
      'pointers?show_deleted=false&pipeline_name=owner%2Fthird',
      'pointers?limit=2',
    ]) {
      const answer = await mystic.call('GET', `/v3/${path}`, undefined, 'viewer');
      expect(answer[1].data.length).toBeGreaterThan(0);
      expect(answer).toEqual(await mystic.call('GET', `/v4/${path}`, undefined, 'viewer'));
    }
    expect((await mystic.call('GET', '/v3/pointers?limit=0'))[0]).toBe(422);
  });
});
