import { afterAll, beforeAll, expect, it } from 'vitest';
import type { operations } from '../generated/mage.ts';
import { operationsOf } from '../src/contract.ts';
import { mintToken } from '../src/core/credentials/token.ts';
import { surface } from '../src/handlers/mage/index.ts';
import { type Body, callers, type Mage, openMage, openNeighbour } from './support/mage.ts';

type Operation = keyof operations;

/**
 * Who may do what. A plain user is looked at, changed and deleted by the others; the neighbour is an owner of another
 * account, asking for what is ours.
 *
 * ok: done. in: only for those who are signed in. out: only for those who are not. rol: a user without any role is told
 * so. no: the role is too weak. off: nobody may. 404: it is not there. par: a pipeline is missing in the path.
 */
const matrix: Record<Operation, string> = {
  //                          anonymous roleless viewer editor admin owner neighbour
  listSessions: '             off       rol      off    off    off   off   off',
  createSession: '            ok        rol      out    out    out   out   out',
  getSession: '               off       rol      off    off    off   off   off',
  updateSession: '            in        rol      ok     ok     ok    ok    ok',
  deleteSession: '            off       rol      off    off    off   off   off',

  listUsers: '                in        rol      no     no     ok    ok    ok',
  createUser: '               in        rol      no     no     no    ok    ok',
  getUser: '                  in        rol      no     no     ok    ok    404',
  updateUser: '               in        rol      no     no     ok    ok    404',
  deleteUser: '               in        rol      no     no     no    ok    404',

  listRoles: '                in        rol      ok     ok     ok    ok    ok',
  createRole: '               off       rol      off    off    off   off   off',
  getRole: '                  in        rol      ok     ok     ok    ok    ok',
  updateRole: '               off       rol      off    off    off   off   off',
  deleteRole: '               off       rol      off    off    off   off   off',

  listPipelines: '            in        rol      ok     ok     ok    ok    ok',
  createPipeline: '           in        rol      no     ok     ok    ok    ok',
  getPipeline: '              in        rol      ok     ok     ok    ok    404',
  updatePipeline: '           in        rol      no     ok     ok    ok    404',
  deletePipeline: '           in        rol      no     ok     ok    ok    404',

  listPipelineSchedules: '    in        rol      ok     ok     ok    ok    ok',
  createPipelineSchedule: '   in        rol      no     par    par   par   par',
  getPipelineSchedule: '      in        rol      ok     ok     ok    ok    404',
  updatePipelineSchedule: '   in        rol      no     ok     ok    ok    404',
  deletePipelineSchedule: '   in        rol      no     ok     ok    ok    404',

  listSchedulesOfPipeline: '  in        rol      ok     ok     ok    ok    404',
  createScheduleOfPipeline: ' in        rol      no     ok     ok    ok    404',
  getScheduleOfPipeline: '    in        rol      ok     ok     ok    ok    404',
  updateScheduleOfPipeline: ' in        rol      no     ok     ok    ok    404',
  deleteScheduleOfPipeline: ' in        rol      no     ok     ok    ok    404',

  listOauthAccessTokens: '    in        rol      ok     ok     ok    ok    ok',
  listStatuses: '             ok        ok       ok     ok     ok    ok    ok',
  createStatus: '             off       off      off    off    off   off   off',
};

const password = 'water lightning';
const bodies: Partial<Record<Operation, object>> = {
  createSession: { session: { email: 'somebody@mage.test', password } },
  createUser: { user: { email: 'new@mage.test', password, password_confirmation: password } },
  updateUser: { user: { first_name: 'Eärendil' } },
  createPipeline: { pipeline: { name: 'new' } },
  updatePipeline: { pipeline: { description: 'changed' } },
  createScheduleOfPipeline: { pipeline_schedule: { name: 'new' } },
  updatePipelineSchedule: { pipeline_schedule: { name: 'changed' } },
  updateScheduleOfPipeline: { pipeline_schedule: { name: 'changed' } },
};

let mage: Mage;
let neighbour: { userId: number; accountId: number };
/** Of `password`. */
let hash: string;

beforeAll(async () => {
  mage = await openMage();
  const { db } = mage.house;
  const { accountId } = await openNeighbour(mage);
  const membership = await db('memberships').where({ account_id: accountId }).first();
  neighbour = { userId: membership?.user_id as number, accountId };
  const { user } = await mage.call('owner', 'POST', '/users', {
    user: { email: 'first@mage.test', password, password_confirmation: password },
  });
  hash = (await db('users').where({ id: user.id }).first())?.password_hash ?? '';
});
afterAll(() => mage.close());

/** One of each thing, new for every cell; gives their identifiers by the resource's name. */
async function furnish(): Promise<Record<string, string>> {
  const { db, installation } = mage.house;
  const account_id = installation.accountId;
  await db('pipelines').delete();
  await db('users').whereIn('email', ['somebody@mage.test', 'new@mage.test']).delete();
  const [pipeline] = await db('pipelines').insert({ account_id, uuid: 'one', name: 'one' }).returning('id');
  const row = { pipeline_id: pipeline?.id as number, name: 't', token: 'x' };
  const [schedule] = await db('pipeline_schedules').insert(row).returning('id');
  const person = { email: 'somebody@mage.test', username: 'somebody', password_hash: hash };
  const [user] = await db('users').insert(person).returning('id');
  await db('memberships').insert({ account_id, user_id: user?.id as number, role_ids: [4] });
  return {
    pipelines: 'one',
    pipeline_schedules: String(schedule?.id),
    users: String(user?.id),
    roles: '4',
    sessions: '1',
  };
}

function outcome({ error }: Body): string {
  if (!error) return 'ok';
  const { message, exception, code } = error as { message: string; exception?: string; code: number };
  if (message.startsWith('Private access')) return 'in';
  if (message.startsWith('Public access')) return 'out';
  if (message.startsWith('You don’t have access to this project.')) return 'rol';
  if (message.endsWith('failed condition.')) return 'no';
  if (message.includes('action is disabled')) return 'off';
  if (exception === 'A pipeline schedule needs a pipeline.') return 'par';
  return code === 404 || exception?.endsWith('does not exist.') ? '404' : message;
}

it('every operation of the contract has a row, and every row an operation', () => {
  expect(Object.keys(matrix).sort()).toEqual(
    operationsOf(surface.contract)
      .map(({ id }) => id)
      .sort(),
  );
});

it.each(operationsOf(surface.contract).map((operation) => [operation.id, operation] as const))(
  '%s',
  async (id, { method, path }) => {
    const got: string[] = [];
    for (const caller of [...callers, 'neighbour'] as const) {
      const ids = await furnish();
      const resource = path.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? '';
      const at = path.replace('{parent_id}', 'one').replace('{id}', ids[resource] ?? '');
      const { db, installation } = mage.house;
      const user =
        caller === 'neighbour' ? neighbour : { userId: mage.users[caller]?.id, accountId: installation.accountId };
      // A token of its own for every call: signing out ends it.
      const minted = caller !== 'anonymous' && (await mintToken(mage.house, db, user.userId, user.accountId));
      const headers: Record<string, string> = minted ? { 'OAUTH-TOKEN': minted.value } : {};
      const body = bodies[id as Operation];
      const answer = await mage.send('anonymous', method, at, { headers, ...(body && { body }) });
      got.push(outcome(answer.body));
    }
    expect(got).toEqual(matrix[id as Operation].trim().split(/\s+/));
  },
);
