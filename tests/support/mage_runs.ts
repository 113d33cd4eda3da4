import request from 'supertest';
import { expect } from 'vitest';
import { dispatch } from '../../src/core/scheduler/dispatch.ts';
import { type Body, type Caller, type Mage, openMage } from './mage.ts';

/** A Mage surface with pipelines and triggers to run. */
export interface MageRuns extends Mage {
  /** A pipeline of this name with these blocks, each after the one before unless it says otherwise. */
  pipeline(name: string, ...blocks: (string | object)[]): Promise<{ id: number; uuid: string }>;
  trigger(pipeline: string, its?: object, by?: Caller): Promise<Body>;
  /** Fires by the token in the path, with nothing else. */
  fire(trigger: { id: number; token: string }, body?: unknown): Promise<Body>;
  run(id: number): Promise<Body>;
  /** Has the scheduler look at all pipelines, once. */
  look(): Promise<void>;
}

export async function openMageRuns(env: Record<string, string> = {}): Promise<MageRuns> {
  const mage = await openMage(env);
  const { db } = mage.house;
  return {
    ...mage,
    async pipeline(name, ...blocks) {
      const { pipeline } = await mage.call('owner', 'POST', '/pipelines', { pipeline: { name } });
      let before: string[] = [];
      for (const block of blocks) {
        const its = typeof block === 'string' ? { name: block } : block;
        const sent = { type: 'custom', upstream_blocks: before, ...its };
        const made = await mage.call('owner', 'POST', `/pipelines/${pipeline.uuid}/blocks`, { block: sent });
        before = [made.block.uuid];
      }
      const row = await db('pipelines').where({ uuid: pipeline.uuid }).first('id');
      return { id: row?.id as number, uuid: pipeline.uuid };
    },
    async trigger(pipeline, its = {}, by = 'owner') {
      const sent = { name: 'api1', schedule_type: 'api', status: 'active', ...its };
      const answer = await mage.call(by, 'POST', `/pipelines/${pipeline}/pipeline_schedules`, {
        pipeline_schedule: sent,
      });
      expect(answer.pipeline_schedule).toBeDefined();
      return answer.pipeline_schedule;
    },
    async fire({ id, token }, body) {
      const call = request(mage.server).post(`/api/pipeline_schedules/${id}/pipeline_runs/${token}`);
      return (await (body === undefined ? call : call.send(body as object))).body;
    },
    run: async (id) => (await mage.call('owner', 'GET', `/pipeline_runs/${id}`)).pipeline_run,
    async look() {
      for (const { id } of await db('pipelines').orderBy('id').select('id')) await dispatch(mage.house, id);
    },
  };
}
