import type { House } from '../../../src/core/house.ts';
import { bytes, put } from './rows.ts';

/** The identifier that stands in the paths of the examples, whatever it is of. */
const one = '7f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10';
const outer = '550e8400-e29b-41d4-a716-446655440000';
const file = '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a55';
const made = '2024-10-06T12:57:22.000Z';
const then = { created_at: made, updated_at: made };

/** What the examples of `/api/v1` are about. */
export async function putMaiagent({ db, installation }: House, id: string): Promise<void> {
  const account_id = installation.accountId;
  const name = /KnowledgeBase/.test(id) ? 'products.xlsx' : /download/.test(id) ? 'report.pdf' : 'cat.png';
  const row = {
    name,
    media_type: /png/.test(name) ? 'image/png' : 'application/octet-stream',
    size: bytes.size,
    sha256: bytes.sha256,
  };
  for (const its of [file, ...(id === 'downloadFile' ? [one] : [])])
    await put(db, 'files', { ...row, id: its, account_id, user_id: 1, ...then });
  if (id !== 'createPipeline')
    await put(db, 'pipelines', {
      account_id,
      uuid: 'nightly_load',
      name: 'Nightly load',
      public_id: one,
      tags: ['etl'],
      ...then,
    });
  if (!/^(create|upload)Attachment/.test(id))
    await put(db, 'attachments', { id: one, account_id, file_id: file, type: 'image', filename: 'cat.png', ...then });
  const models = {
    embedding_model: '0d9c4f7e-2d1b-4a36-8d5e-1f0b9b6f3c11',
    reranker_model: '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11',
  };
  const isInside = /KnowledgeBase(File|Label)/.test(id);
  for (const base of isInside ? [outer] : id === 'createKnowledgeBase' ? [] : [one])
    await put(db, 'knowledge_bases', {
      id: base,
      account_id,
      name: 'Handbooks',
      description: 'What the shop sells',
      ...models,
      ...then,
    });
  if (!isInside) return;
  if (id !== 'createKnowledgeBaseLabel')
    await put(db, 'knowledge_base_labels', { id: one, knowledge_base_id: outer, name: 'Price lists', ...then });
  if (id === 'registerKnowledgeBaseFiles') return;
  const its = id === 'deleteKnowledgeBaseFiles' ? '19ed09f0-a791-42a5-841f-c44faad2ef8b' : one;
  await put(db, 'knowledge_base_files', {
    id: its,
    knowledge_base_id: outer,
    file_id: file,
    filename: 'products.xlsx',
    ...{ status: 'done', pages: 2, pages_read: 2 },
    raw_user_define_metadata: { department: 'sales' },
    ...then,
  });
  if (!/Label/.test(id))
    await put(db, 'knowledge_base_file_labels', { knowledge_base_file_id: its, knowledge_base_label_id: one });
}
