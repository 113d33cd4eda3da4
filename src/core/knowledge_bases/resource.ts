import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Resource } from '../endpoint.ts';
import { releaseFiles } from '../files/release.ts';
import { pageOf } from '../page.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { knowledgeBaseOf, mine } from './base.ts';

type Written = Omit<KnowledgeBase, 'id' | 'account_id' | 'created_at' | 'updated_at'>;

/** What stands for a model where none is named: the vendor's newest examples name none, and find its default. */
export const defaultModels = {
  embedding_model: '6d1f4f6e-1f0a-4c7e-9a51-0b6a3c7d2e10',
  reranker_model: '6d1f4f6e-1f0a-4c7e-9a51-0b6a3c7d2e11',
};

export const resource: Resource<KnowledgeBase> = {
  async list(context, { query, page: { limit = 20, offset } }) {
    const found = mine(context);
    if (query.query) found.whereRaw('strpos(lower(name), lower(?)) > 0', [String(query.query)]);
    for (const model of ['embedding_model', 'reranker_model'] as const) {
      const id = query[model];
      if (id) found.where(model, uuidIn(model, String(id)));
    }
    return pageOf(found, [['created_at', 'desc'], ['id']], { limit, offset });
  },

  member: (context, { id }) => knowledgeBaseOf(context, id),

  async create(context, { body }) {
    const row = { ...defaultModels, ...(body as Written), account_id: accountOf(context) };
    const [made] = await context.db('knowledge_bases').insert(row).returning('*');
    return made as KnowledgeBase;
  },

  async update(context, { body }, { id }) {
    const changes = { ...(body as Partial<Written>), updated_at: context.db.fn.now() };
    const [row] = await mine(context).where({ id }).update(changes).returning('*');
    return row ?? knowledgeBaseOf(context, id);
  },

  async delete(context, _call, base) {
    // From here on nobody registers a file in it.
    await mine(context).where({ id: base.id }).forUpdate().select('id');
    const files = await context.db('knowledge_base_files').where({ knowledge_base_id: base.id }).select('file_id');
    const ids = files.map(({ file_id }) => file_id);
    await releaseFiles(context, ids, () => mine(context).where({ id: base.id }).delete());
    return base;
  },
};

function uuidIn(field: string, text: string): string {
  if (isUuid(text)) return text;
  const sentence = 'Must be a valid UUID.';
  throw new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
