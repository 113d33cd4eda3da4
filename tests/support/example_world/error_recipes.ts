import { createHash } from 'node:crypto';
import { decodeJwt } from 'jose';
import type { Knex } from 'knex';
import type { User } from '../../../src/core/credentials/holder.ts';
import { takeTurn } from '../../../src/core/idempotency.ts';
import type { Asked } from './asked.ts';
import type { ExampleServer } from './example_server.ts';
import type { Scene } from './provocations.ts';

/** Prepares the world so that what is asked is refused; gives what to ask instead. */
type Recipe = (server: ExampleServer, scene: Scene) => Promise<Asked>;

/** Changes rows, and asks the same. */
const where =
  (change: (db: Knex) => Promise<unknown>): Recipe =>
  async ({ house }, { asked }) => {
    await change(house.db);
    return asked;
  };
/** Asks with other values in the body. */
const withBody =
  (change: Record<string, unknown>): Recipe =>
  async (_server, { asked }) => ({
    ...asked,
    init: { ...asked.init, body: JSON.stringify({ ...JSON.parse(String(asked.init.body)), ...change }) },
  });
const another = { lease: '00000000-0000-4000-8000-000000000001' };

/** How an operation comes to refuse with a status, where no request alone has it do so. By surface, operation and status. */
export const errorRecipes: Record<string, Recipe> = {
  'latchkey allowDevice 409': where((db) =>
    db('device_logins').update({ state: 'refused', user_id: 1, account_id: db('accounts').min('id') as never }),
  ),
  'latchkey refuseDevice 409': where((db) =>
    db('device_logins').update({ state: 'refused', user_id: 1, account_id: db('accounts').min('id') as never }),
  ),
  'mystic_v3 uploadPart 401': async (_server, { asked }) => ({
    ...asked,
    url: asked.url.replace(/&signature=.*$/, ''),
  }),
  'latchkey updateMe 409': withBody({ username: 'ada' }),
  'latchkey updateMember 409': withBody({ role: 'Viewer' }),
  'latchkey deleteRun 409': where((db) => db('runs').update({ state: 'running', ended_at: null })),
  'latchkey renewRun 409': withBody(another),
  'latchkey reportRun 409': withBody(another),
  'latchkey readBlockOutputs 409': withBody(another),
  'latchkey finishRun 409': withBody(another),
  'latchkey giveBackRun 409': withBody(another),
};

/** Asks while the same request is being worked on: it has the turn of its Idempotency-Key until then. */
export async function whileWorkedOn<T>(
  { house }: ExampleServer,
  { url, init }: Asked,
  ask: (asked: Asked) => Promise<T>,
): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set('Idempotency-Key', 'the-same-again');
  const sessionId = String(decodeJwt(String(headers.get('authorization')).slice(7)).session_id);
  const hash = createHash('sha256').update('the-same-again').digest();
  return house.db.transaction(async (trx) => {
    await takeTurn(trx, { principal: { sessionId } as User, hash, fingerprint: hash });
    return ask({ url, init: { ...init, headers } });
  });
}
