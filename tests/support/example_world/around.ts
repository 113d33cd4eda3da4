import { vi } from 'vitest';
import { blockBegan, blockEnded } from '../../../src/core/pipeline_runs/progress.ts';
import { finish, type Held, takeForRunner } from '../../../src/core/runs/lease.ts';
import { unhurried } from '../../../src/core/runs/row.ts';
import { type Asked, sessionOf } from './asked.ts';
import type { ExampleServer } from './example_server.ts';
import { signedByGithub } from './github.ts';
import { exampleKey } from './latchkey.ts';
import { triggerToken } from './mage.ts';
import { bytes } from './rows.ts';

type Before = (server: ExampleServer, asked: Asked) => Asked | Promise<Asked>;

const withHeader =
  (name: string, value: string): Before =>
  (_server, asked) => {
    asked.init.headers.set(name, value);
    return asked;
  };
/** With other values in its body. */
const withBody = ({ url, init }: Asked, change: Record<string, unknown>): Asked => ({
  url,
  init: { ...init, body: JSON.stringify({ ...JSON.parse(String(init.body)), ...change }) },
});
/** What another operation answers to the same credential. */
async function ask({ url }: ExampleServer, { init }: Asked, method: string, path: string, body?: unknown) {
  const headers = new Headers(init.headers);
  headers.set('Content-Type', 'application/json');
  const answer = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked into freely
  return (await answer.json()) as any;
}

/** Of the model that this server has. */
const ofModel: Before = ({ house }, asked) => withBody(asked, { largeLanguageModel: house.models.of('chat')[0]?.id });

const byTrigger = withHeader('Authorization', `Bearer ${triggerToken}`);
const upload = {
  file_id: 'file_4c4d1be2a0b94d0c8d6a3b6a0c1d2e3f',
  upload_id: 'upload_9f2c0b7e5d614a0f8e3b6c1d2a4f5e60',
};
const partAddress = async (server: ExampleServer, asked: Asked): Promise<string> =>
  (await ask(server, asked, 'POST', '/v3/pipeline_files/presigned-url', { ...upload, part_num: 1 })).upload_url;

/** What no example can hold of a request: what is signed or given just now. By surface and operation. */
export const before: Record<string, Before> = {
  'latchkey forwardAuth': withHeader('Authorization', `Bearer ${exampleKey}`),
  'latchkey reportSecretsFound': (_server, asked) => {
    asked.init.headers.set('Github-Public-Key-Signature', signedByGithub(String(asked.init.body)));
    return asked;
  },
  // Who has a session already makes none.
  'mage createSession': (_server, asked) => {
    asked.init.headers.delete('OAUTH-TOKEN');
    return asked;
  },
  'mage fireByBearer': byTrigger,
  'mage runBlock': byTrigger,
  'maiagent refreshToken': async (server, asked) =>
    withBody(asked, { refresh: (await sessionOf(server, 1)).refreshToken }),
  'maiagent verifyToken': async (server, asked) => withBody(asked, { token: (await sessionOf(server, 1)).accessToken }),
  'maiagent createChatbot': ofModel,
  'maiagent replaceChatbot': ofModel,
  'maiagent uploadFile': async (server, asked) => {
    const wish = { filename: 'report.pdf', modelName: 'chatbot-file', fieldName: 'file', fileSize: bytes.size };
    const { fields } = await ask(
      server,
      await withSession(server, asked),
      'POST',
      '/api/v1/upload-presigned-url/',
      wish,
    );
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, String(value));
    form.append('file', new File([bytes.text], 'report.pdf'));
    return { ...asked, init: { ...asked.init, body: form } };
  },
  'mystic_v3 openPipelineFile': async (server, asked) => {
    const credential = {
      url: '',
      init: { headers: new Headers({ Authorization: `Bearer ${(await sessionOf(server, 1)).accessToken}` }) },
    };
    const { url } = await ask(server, credential, 'GET', `/v4/files/${upload.file_id}`);
    return { ...asked, url };
  },
  'mystic_v3 uploadPart': async (server, asked) => ({
    ...asked,
    url: await partAddress(server, await withSession(server, asked)),
  }),
  'mystic_v3 finaliseMultipartUpload': async (server, asked) => {
    await fetch(await partAddress(server, asked), { method: 'PUT', body: bytes.text });
    return asked;
  },
};

async function withSession(server: ExampleServer, { url, init }: Asked): Promise<Asked> {
  const headers = new Headers({ Authorization: `Bearer ${(await sessionOf(server, 1)).accessToken}` });
  return { url, init: { ...init, headers } };
}

/** Does what a runner does with the next run: each block gives what the examples show. */
async function workOnce({ house }: ExampleServer): Promise<void> {
  const { db } = house;
  const held = await vi.waitFor(async () => {
    const [one] = await takeForRunner(db, unhurried, house.installation.accountId, 1);
    if (!one) throw new Error('There is no run yet.');
    return one as Held;
  }, 10_000);
  const parts = await db('block_runs').where('pipeline_run_id', held.pipeline_run_id as number);
  const outputs = [1, { k: 'v' }].map((value) => ({ type: 'text' as const, text_data: JSON.stringify(value), value }));
  for (const { block_uuid } of parts) {
    await blockBegan(db, held, block_uuid);
    await blockEnded(db, held, block_uuid, { status: 'completed', outputs });
  }
  await finish(house, held, { state: 'completed', outputs: null, error: null }, 5);
}

/** What others do while a request waits for them. */
export const meanwhile: Record<string, (server: ExampleServer) => Promise<void>> = {
  'mage runBlock': workOnce,
  'mage runBlockByPath': workOnce,
};
