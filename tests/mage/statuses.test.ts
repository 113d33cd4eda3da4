import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Mage, openMage, refused } from '../support/mage.ts';

let mage: Mage;
beforeAll(async () => {
  mage = await openMage();
});
afterAll(() => mage.close());

const status = {
  disable_pipeline_edit_access: false,
  instance_type: 'server_and_scheduler',
  is_instance_manager: false,
  max_print_output_lines: 1000,
  project_type: 'standalone',
  project_uuid: null,
  repo_path: 'default_repo',
  repo_path_relative: 'default_repo',
  repo_path_relative_root: 'default_repo',
  repo_path_root: 'default_repo',
  require_user_authentication: true,
  require_user_permissions: false,
  scheduler_process_id: null,
  scheduler_status: 'stopped',
  server_process_id: null,
};
const details = { active_pipeline_run_count: 0, last_scheduler_activity: null, last_user_request: null };
const strangers = { 'X-API-KEY': 'no key of ours', 'OAUTH-TOKEN': 'nor a token' };

it('#29 without a key: one status of 15 keys, and metadata {}; /status is the same, under the same name', async () => {
  for (const path of ['/statuses', '/status']) {
    for (const headers of [{ 'X-API-KEY': '' }, strangers]) {
      const answer = await mage.send('anonymous', 'GET', path, { headers });
      expect([answer.status, answer.body]).toStrictEqual([200, { statuses: [status], metadata: {} }]);
    }
  }
});

it('#30 _format=with_activity_details adds three keys; a format that is none adds none', async () => {
  const shown = async (format: string) => (await mage.call('anonymous', 'GET', `/status?_format=${format}`)).statuses;
  expect(await shown('with_activity_details')).toStrictEqual([{ ...status, ...details }]);
  expect(await shown('nonsense')).toStrictEqual([status]);
});

it('cannot be created, by anybody', async () => {
  const sentence = refused('The create action is disabled for statuses.');
  for (const by of ['anonymous', 'owner'] as const) {
    expect(await mage.call(by, 'POST', '/statuses', { status: {} })).toEqual(sentence);
  }
});

it('a query parameter that it does not know is refused to a stranger', async () => {
  const { error } = await mage.call('anonymous', 'GET', '/statuses?foo=1');
  expect(error.message).toBe("Query parameter foo of value ['1'] is not permitted on list operation for statuses.");
});

it('says whether one has to sign in', async () => {
  const open = await openMage({ REQUIRE_USER_AUTHENTICATION: 'false' });
  const { statuses } = await open.call('anonymous', 'GET', '/statuses');
  expect(statuses).toStrictEqual([{ ...status, require_user_authentication: false }]);
  await open.close();
});
