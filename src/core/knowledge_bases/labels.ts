import type { KnowledgeBase, KnowledgeBaseLabel } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Endpoint, Resource } from '../endpoint.ts';
import { pageOf } from '../page.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { isUuid } from '../uuid.ts';
import { holdKnowledgeBase, knowledgeBaseOf } from './base.ts';

const of = ({ db }: Context, base: string) => db('knowledge_base_labels').where('knowledge_base_id', base);

const resource: Resource<KnowledgeBaseLabel, KnowledgeBase> = {
  parent: knowledgeBaseOf,

  async list(context, { page: { limit = 20, offset } }, base) {
    return pageOf(of(context, base?.id ?? ''), [['name'], ['id']], { limit, offset });
  },

  async member(context, { id = '' }, base) {
    const label =
      isUuid(id) &&
      (await of(context, base?.id ?? '')
        .where({ id })
        .first());
    if (label) return label;
    throw missing();
  },

  async create(context, { body }, base) {
    const id = base?.id ?? '';
    await holdKnowledgeBase(context, id);
    const [made] = await context
      .db('knowledge_base_labels')
      .insert({ knowledge_base_id: id, name: String(body.name) })
      .onConflict(['knowledge_base_id', 'name'])
      .ignore()
      .returning('*');
    if (made) return made;
    throw taken();
  },

  async update(context, { body }, label) {
    if (body.name === undefined) return label;
    const changes = { name: String(body.name), updated_at: context.db.fn.now() };
    const [row] = await of(context, label.knowledge_base_id)
      .where({ id: label.id })
      .update(changes)
      .returning('*')
      .catch((thrown: { code?: string }) => {
        throw thrown.code === '23505' ? taken() : thrown;
      });
    if (row) return row;
    throw missing();
  },

  async delete(context, _call, label) {
    await of(context, label.knowledge_base_id).where({ id: label.id }).delete();
    return label;
  },
};

/** The labels of a knowledge base: no two of the same name (docs/compat/maiagent.md: Knowledge bases). */
export const labels: Endpoint<KnowledgeBaseLabel, object, KnowledgeBase> = {
  name: 'labels',
  resource,
  policy: {
    action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
    read: { ...each(['id', 'name'], viewer), ...each(['knowledge_base_id', 'created_at', 'updated_at'], hidden) },
    write: { name: editor },
    query: {},
  },
  presenter: { default: ['id', 'name'] },
  collect: {},
};

function missing(): Failure {
  return new Failure('not_found', 'There is no such label.', { reason: { missing: 'record' } });
}

function taken(): Failure {
  const sentence = 'This field must be unique.';
  return new Failure('conflict', sentence, { fields: { name: [sentence] } });
}
