import type { Knex } from 'knex';
import { insertNodes, type NewNode } from '../../src/core/text_nodes/insert_nodes.ts';
import { languageOf } from '../../src/core/text_nodes/languages.ts';

export const nobody = { embedding_model: crypto.randomUUID(), reranker_model: crypto.randomUUID() };

/** A new account; gives its id. */
export async function account(db: Knex, name = 'an account'): Promise<number> {
  const [made] = await db('accounts').insert({ name }).returning('id');
  return made?.id as number;
}

/** A new knowledge base; gives its id. */
export async function base(db: Knex, accountId: number, more: object = {}): Promise<string> {
  const [made] = await db('knowledge_bases')
    .insert({ account_id: accountId, name: 'b', ...nobody, ...more })
    .returning('id');
  return made?.id as string;
}

/** A file of a knowledge base with these texts in it, as if it had been read; gives its id there. */
export async function fileOf(
  db: Knex,
  accountId: number,
  knowledgeBaseId: string,
  texts: readonly (string | NewNode)[],
  name = 'a.txt',
) {
  const [file] = await db('files')
    .insert({ account_id: accountId, name, media_type: 'text/plain', size: 1, sha256: 'a'.repeat(64) })
    .returning('id');
  const [entry] = await db('knowledge_base_files')
    .insert({ knowledge_base_id: knowledgeBaseId, file_id: file?.id as string, filename: name, status: 'done' })
    .returning('id');
  const nodes = texts.map((text) => (typeof text === 'string' ? { text, page: null, heading: null } : text));
  const language = await languageOf(db, nodes.map(({ text }) => text).join('\n'));
  await insertNodes(db, { accountId, knowledgeBaseId, fileId: entry?.id as string }, nodes, language);
  return entry?.id as string;
}

/** A FAQ of a knowledge base; gives its id. */
export async function faqOf(db: Knex, accountId: number, knowledgeBaseId: string, question: string, answer: string) {
  const [faq] = await db('knowledge_base_faqs')
    .insert({ knowledge_base_id: knowledgeBaseId, question, answer })
    .returning('id');
  const faqId = faq?.id as string;
  const text = `${question}\n${answer}`;
  await insertNodes(
    db,
    { accountId, knowledgeBaseId, faqId },
    [{ text, page: null, heading: null }],
    await languageOf(db, text),
  );
  return faqId;
}
