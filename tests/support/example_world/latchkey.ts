import { append } from '../../../src/core/audit_chain/append.ts';
import { digest } from '../../../src/core/credentials/digest.ts';
import type { House } from '../../../src/core/house.ts';
import { placeOf } from '../../../src/core/sealing/rows.ts';
import { userHash } from '../../../src/core/sign_in/device_codes.ts';
import { bytes, made, put, times } from './rows.ts';

export const exampleKey = 'mgp_fc053b8e9d1a4c7f62b0e84d5a91c3f7d2e60b48';
const keyUuid = '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11';
const pipeline = '6878197b-82d0-490f-a6f5-95896bfa2c50';
const lease = '9b2f6a52-6f0e-4f6b-8a0f-0b6f9a1d7c11';
const exampleLink = 'inv_qW8zJ0pVxT3nY6uK1sD9fG2hL4aZ7cB5qW8zJ0pVxT3';
const exampleRefresh = 'qW8zJ0pVxT3nY6uK1sD9fG2hL4aZ7cB5qW8zJ0pVxT3';
const exampleAuthRefresh = 'Zk1tQ0v9cXo2r7J4mB6sYwHn3eUgTdLq8aPfKiRx5uM';
const deviceCode = 'qW8zJ0pVxT3nY6uK1sD9fG2hL4aZ7cB5qW8zJ0pVxT3';

/** What the examples of `/v1` are about; some of it is another way for some operations. */
export async function putLatchkey(house: House, id: string, example: string): Promise<void> {
  const { db, installation } = house;
  const account_id = installation.accountId;
  const its = { account_id, user_id: 1 };
  const key = {
    hash: digest(exampleKey),
    prefix: 'mgp_fc053b8e',
    name: 'Production Server',
    uuid: keyUuid,
    checksummed: false,
  };
  const bounds = {
    scopes: ['pipelines:read', 'runs:write'],
    addresses: ['203.0.113.0/24'],
    limits: JSON.stringify([{ requests: 10, per: 'second' }]),
    counter_id: 1,
    metadata: { team: 'data' },
  };
  const sealed = installation.seal.seal(`whsec_${'9b1f0c6d'.repeat(8)}`, placeOf.webhook(keyUuid));
  const hooked = { webhook_url: 'https://example.com/hooks/magpipe', webhook_secret: sealed };
  await put(db, 'key_counters', { id: 1 });
  await put(db, 'api_keys', {
    ...{ ...its, ...key, ...bounds, ...times },
    ...(id === 'forwardAuth' && { addresses: [] }),
    ...(id === 'manageApiKeys' && example === 'list' && hooked),
  });
  if (id === 'manageApiKeys' && example === 'list')
    await put(db, 'api_keys', {
      ...{ ...its, ...times, uuid: '0d9a6f2b-51c4-4e38-8b7f-c3a2915e4d60', hash: digest('old'), prefix: 'mgp_07aa' },
      ...{ name: 'Old laptop', checksummed: false, last_used_at: '2026-02-18T10:05:06.609Z', revoked_at: soon(-60) },
    });
  if (id !== 'createPipeline') {
    const row = {
      id: 3,
      account_id,
      uuid: 'nightly_load',
      name: 'Nightly load',
      public_id: pipeline,
      tags: ['etl'],
      ...times,
    };
    const isHosted = ['getPipelineContainer', 'createRun'].includes(id);
    await put(db, 'pipelines', { ...row, container_url: isHosted ? 'http://localhost:14300' : null });
    await putRuns(house, id);
  }
  if (id !== 'inviteMember')
    await put(db, 'one_time_links', {
      ...{ id: '3f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11', kind: 'invitation', hash: digest(exampleLink), account_id },
      ...{ email: 'ada.byron@example.com', role_id: 3, made_by: 1, created_at: made, expires_at: soon(86_400) },
    });
  const refresh = id === 'refreshSession' ? exampleRefresh : id === 'createToken' ? exampleAuthRefresh : undefined;
  if (refresh) {
    const session = { id: '0d9a6f2b-51c4-4e38-8b7f-c3a2915e4d60', account_id, user_id: 1, kind: 'token' };
    await put(db, 'sessions', session);
    await put(db, 'refresh_tokens', { session_id: session.id, hash: digest(refresh) });
  }
  if (/Audit$/.test(id))
    await append(db, installation.seal.auditKey, {
      ...{ account_id, user_id: 1, api_key_id: null, action: 'key_minted', details: null, address: '203.0.113.9' },
      ...{ subject: keyUuid, request_id: '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a55' },
    });
  if (id === 'getUsage') {
    const day = new Date().toISOString().slice(0, 10);
    const counts = {
      account_id,
      day,
      key_uuid: keyUuid,
      operation: 'latchkey listKeys',
      network: '203.0.113.0/24',
      requests: 3,
    };
    for (const status of [2, 4]) await put(db, 'usage_counts', { ...counts, status });
  }
  if (id === 'getModelUsage') {
    const day = new Date().toISOString().slice(0, 10);
    const its = { account_id, day, key_uuid: keyUuid, chatbot_id: '0d9f2c1e-6a55-4a53-9d2a-0e6f3f1f7c11' };
    await put(db, 'model_usage', {
      ...its,
      model: 'Llama 3.1 8B',
      answers: 312,
      input_tokens: 401_220,
      output_tokens: 58_110,
    });
  }
  const hook = { id: '1f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11', url: 'https://example.com/hooks/latchkey' };
  const secret = installation.seal.seal('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', placeOf.hook(hook.id));
  await put(db, 'hooks', { ...hook, account_id, events: ['key.created', 'key.revoked'], secret, ...times });
  await put(db, 'hook_deliveries', {
    ...{
      id: '2f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11',
      hook_id: hook.id,
      message: '2f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11',
      event: 'key.created',
    },
    ...{ body: '{"type":"key.created"}', state: 'delivered', attempts: 1, status: 200, answer: 'ok' },
    ...{ created_at: made, last_attempt_at: made },
  });
  await put(db, 'files', {
    ...{ ...its, id: '7d84d831-a7f6-4330-9e0b-58cd51b22d37', name: 'cat.jpg', media_type: 'image/jpeg', ...times },
    ...{ size: bytes.size, sha256: bytes.sha256 },
  });
  await put(db, 'device_logins', {
    ...{
      id: '3f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11',
      device_hash: digest(deviceCode),
      user_hash: userHash(house, 'WDJBMJHT'),
    },
    ...{ name: 'ada-laptop', address: '203.0.113.9', user_agent: 'latchkey', expires_at: soon(600) },
    ...{ interval_seconds: 5, state: id === 'pollDevice' ? 'allowed' : 'waiting' },
    ...(id === 'pollDevice' ? { user_id: 1, account_id, password_version: await passwordVersion(house) } : {}),
  });
}

/** Nobody has it yet. */
const waiting = { state: 'queued', started_at: null, ended_at: null, outputs: null, compute_time_ms: null };

async function passwordVersion({ db }: House): Promise<number> {
  const user = await db('users').where({ id: 1 }).first('password_version');
  return user?.password_version ?? 0;
}

/** In so many seconds. */
const soon = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

async function putRuns({ db, installation }: House, id: string): Promise<void> {
  const account_id = installation.accountId;
  const row = {
    id: 3,
    pipeline_id: 3,
    name: 'every night',
    schedule_type: 'time',
    schedule_interval: '@daily',
    status: 'active',
  };
  const token = installation.seal.seal('3a1f0f0b6c0f4f0e9a6b9d4f2d1c8e77', placeOf.trigger(3));
  await put(db, 'pipeline_schedules', { ...row, token, ...times, next_due_at: soon(3600) });
  const block = { id: 4, pipeline_id: 3, uuid: 'load', name: 'load', type: 'data_loader', position: 0 };
  await put(db, 'blocks', { ...block, content: '@data_loader\ndef load_data(**kwargs):\n    return 1\n' });
  const triggered = { id: 12, account_id, pipeline_id: 3, pipeline_schedule_id: 3, execution_date: made };
  await put(db, 'pipeline_runs', {
    ...triggered,
    status: 'completed',
    started_at: made,
    completed_at: made,
    ended_at: made,
    ...times,
  });
  if (id === 'listTriggeredRuns')
    for (const [n, block_uuid] of ['load', 'clean', 'store'].entries())
      await put(db, 'block_runs', { id: n + 1, pipeline_run_id: 12, block_uuid, status: 'completed', ...times });
  if (id === 'readBlockOutputs') {
    await put(db, 'block_runs', { id: 1, pipeline_run_id: 12, block_uuid: 'load', status: 'completed', ...times });
    await put(db, 'block_outputs', { block_run_id: 1, position: 0, type: 'text', text_data: '1', value: '1' });
  }
  const isHeld = ['renewRun', 'reportRun', 'readBlockOutputs', 'finishRun', 'giveBackRun'].includes(id);
  const isOpen = isHeld || id === 'cancelRun';
  await put(db, 'runs', {
    ...{
      id: 'ff296fc0-902b-4307-ae90-7d83a6eb2887',
      account_id,
      user_id: 1,
      pipeline_id: 3,
      async: true,
      streamed: false,
      waits: false,
    },
    ...{
      inputs: JSON.stringify([5, 4].map((value) => ({ type: 'integer', value }))),
      created_at: made,
      updated_at: made,
    },
    ...(isOpen
      ? { state: 'running', started_at: made }
      : {
          state: 'completed',
          started_at: made,
          ended_at: made,
          compute_time_ms: 22,
          outputs: JSON.stringify([{ type: 'integer', value: 9, file: null }]),
        }),
    ...(id === 'takeRun' && { ...waiting, executor: 'runner', pipeline_run_id: 12 }),
    ...(isHeld && { executor: 'runner', worker: lease, leased_until: soon(30), pipeline_run_id: 12, state: 'running' }),
  });
}
