import { digest } from '../../../src/core/credentials/digest.ts';
import type { House } from '../../../src/core/house.ts';
import { bytes, put, times } from './rows.ts';

const pipeline = '4fd5b4a0-c2a7-4a0e-8ac4-f7a6a8c1f2d3';
const made = '2024-01-18T14:44:36.999664Z';
const then = { created_at: made, updated_at: made };

/** What the examples of `/v4` and `/v3` are about. */
export async function putMystic({ db, installation }: House, id: string, container: string): Promise<void> {
  const account_id = installation.accountId;
  const key = {
    uuid: '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11',
    prefix: 'pipeline_sk_Zk3f',
    name: 'ci',
    hash: digest('pipeline_sk_Zk3fR9u2_TwmXq8Yb4nLcV7hJs-0aEdG'),
  };
  await put(db, 'api_keys', {
    ...key,
    account_id,
    user_id: 1,
    checksummed: false,
    ...times,
    last_used_at: '2026-02-18T10:57:16.561396Z',
  });
  if (id !== 'createScalingConfig')
    await put(db, 'scaling_configs', {
      ...{ account_id, name: 'owner/at-most-two', type: 'windows', minimum_nodes: 0, maximum_nodes: 2, ...then },
      args: {
        windows: [
          { weight: 0.5, lookback_time: 60 },
          { weight: 0.5, lookback_time: 600 },
        ],
      },
    });
  const file = {
    id: '4c4d1be2-a0b9-4d0c-8d6a-3b6a0c1d2e3f',
    name: 'cat.jpg',
    media_type: 'image/jpeg',
    size: bytes.size,
    sha256: bytes.sha256,
  };
  // The file of an upload comes with its end.
  if (id !== 'finaliseMultipartUpload') await put(db, 'files', { ...file, account_id, user_id: 1, ...then });
  await put(db, 'multipart_uploads', {
    id: '9f2c0b7e-5d61-4a0f-8e3b-6c1d2a4f5e60',
    account_id,
    user_id: 1,
    file_id: file.id,
    name: 'weights.bin',
  });
  if (id.startsWith('create') && /Pipeline$/.test(id)) return;
  // What runs are of adds two numbers.
  const isRun = /^(create|stream)(V3)?Run$/.test(id);
  const name = isRun ? 'owner/add' : 'owner/gptneo';
  await put(db, 'pipelines', {
    ...{
      id: 3,
      account_id,
      uuid: isRun ? 'add' : 'gptneo',
      name,
      public_id: pipeline,
      description: 'A small language model.',
      ...then,
    },
    container_url: isRun ? container : 'https://containers.example.com:14300/',
  });
  // A pipeline is the first version of a family of its own.
  const about = { image: 'localhost:5000/owner/gptneo:0123456789ab', readme: '# GPT Neo', accelerators: ['nvidia_t4'] };
  const [deployment] = await db('deployments')
    .where({ pipeline_id: 3 })
    .update({
      ...about,
      input_variables: JSON.stringify([{ run_io_type: 'string', title: 'prompt' }]),
      output_variables: JSON.stringify([{ run_io_type: 'string' }]),
    })
    .returning('family_id');
  await db('pipeline_families')
    .where({ id: deployment?.family_id as number })
    .update({ name, versions: 1 });
  await db('pointers').delete();
  const names = [`${name}:v1`, ...(/^create\w*Pointer$/.test(id) ? [] : [`${name}:latest`])];
  for (const pointer of names)
    await put(db, 'pointers', { account_id, pointer, pipeline_id: 3, target: pipeline, ...then, locked: false });
  await put(db, 'runs', {
    ...{
      id: '9f2c0b7e-5d61-4a0f-8e3b-6c1d2a4f5e60',
      account_id,
      user_id: 1,
      pipeline_id: 3,
      async: true,
      streamed: false,
      waits: false,
    },
    ...{ inputs: JSON.stringify([5, 4].map((value) => ({ type: 'integer', value }))), state: 'completed' },
    ...{ outputs: JSON.stringify([{ type: 'integer', value: 9, file: null }]), compute_time_ms: 1101 },
    ...{
      started_at: '2024-01-18T14:44:37.018201Z',
      ended_at: '2024-01-18T14:44:38.120311Z',
      created_at: made,
      updated_at: '2024-01-18T14:44:38.120311Z',
    },
  });
}
