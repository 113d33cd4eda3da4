import { digest } from '../../../src/core/credentials/digest.ts';
import type { House } from '../../../src/core/house.ts';
import { isOfChat, putMaiagentChat, putReadFile } from './maiagent_chat.ts';
import { ada } from './people.ts';
import { bytes, put } from './rows.ts';

/** The identifier that stands in the paths of the examples, whatever it is of. */
const one = '7f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10';
const outer = '550e8400-e29b-41d4-a716-446655440000';
const file = '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a55';
const made = '2024-10-06T12:57:22.000Z';
const then = { created_at: made, updated_at: made };

/** What the examples of `/api/v1` are about. */
export async function putMaiagent(house: House, id: string): Promise<void> {
  const { db, installation } = house;
  const account_id = installation.accountId;
  const uuid = id === 'getOrganization' ? one : '3f0b2c1e-6a57-4c1f-9d0e-2a7b9c4d5e6f';
  await db('accounts').where({ id: account_id }).update({ uuid });
  if (/Member/.test(id)) await db('users').where({ id: 1 }).update({ uuid: one });
  if (/CurrentUser$/.test(id))
    await put(db, 'api_keys', {
      ...{ account_id, user_id: ada.id, uuid: '0d9c4f7e-2d1b-4a36-8d5e-1f0b9b6f3c11', checksummed: true },
      ...{ name: 'laptop', prefix: 'mgp_8062', hash: digest('laptop'), ...then },
    });
  if (isOfChat(id)) await putMaiagentChat(house, id);
  if (isOfChat(id) && !/Attachment$/.test(id)) return;
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
  if (!/^(create|upload)(Conversation)?Attachment$/.test(id))
    await put(db, 'attachments', { id: one, account_id, file_id: file, type: 'image', filename: 'cat.png', ...then });
  const models = {
    embedding_model: '0d9c4f7e-2d1b-4a36-8d5e-1f0b9b6f3c11',
    reranker_model: '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11',
  };
  const isRead = /TextNode|Document|searchKnowledge/.test(id);
  const isInside = /KnowledgeBase(File|Label|Faq)|TextNode|Document/.test(id);
  for (const base of isInside ? [outer] : id === 'createKnowledgeBase' ? [] : [one])
    await put(db, 'knowledge_bases', {
      id: base,
      account_id,
      name: 'Handbooks',
      description: 'What the shop sells',
      ...models,
      ...then,
    });
  if (isRead) return putReadFile(house, account_id, isInside ? outer : one, id);
  if (!isInside) return;
  if (id !== 'createKnowledgeBaseLabel')
    await put(db, 'knowledge_base_labels', {
      id: one,
      knowledge_base_id: outer,
      name: /Faq/.test(id) ? 'Visits' : 'Price lists',
      ...then,
    });
  if (id === 'registerKnowledgeBaseFiles') return;
  if (/KnowledgeBaseFaq/.test(id)) {
    if (id === 'createKnowledgeBaseFaq') return;
    const faq = id === 'deleteKnowledgeBaseFaqs' ? '5d0f6f0e-0a39-4bb0-9a7e-3b7b1b0f0c55' : one;
    const said = { question: 'Where is the shop?', answer: 'In the old town.' };
    await put(db, 'knowledge_base_faqs', { id: faq, knowledge_base_id: outer, ...said, ...then });
    await put(db, 'knowledge_base_faq_labels', { knowledge_base_faq_id: faq, knowledge_base_label_id: one });
    return;
  }
  const its = /^(delete|reparse)KnowledgeBaseFiles$/.test(id) ? '19ed09f0-a791-42a5-841f-c44faad2ef8b' : one;
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
