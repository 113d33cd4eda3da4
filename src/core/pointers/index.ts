import type { Pointer } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { idOf } from '../ids.ts';
import { ownName } from '../namespaces.ts';
import { type Order, orderOf, pageOf } from '../page.ts';
import { accountOf, admin, each, editor, hidden, viewer } from '../rules.ts';
import { lowered, pipelineByIdOrPointer } from './find.ts';

export { pipelineByIdOrPointer } from './find.ts';

interface Body {
  pointer?: string;
  pointer_or_pipeline_id?: string;
  locked?: boolean;
}

const shown = ['public_id', 'pointer', 'target', 'locked', 'created_at', 'updated_at'] as const;
const mine = (context: Context) => context.db('pointers').where('account_id', accountOf(context));

/** Names that lead to pipelines, `user/name:tag`. One whose pipeline is gone stays, and its name may be taken anew. */
export const pointers: Endpoint<Pointer> = {
  name: 'pointers',

  resource: {
    async list(context, { query, page: { limit = 20, offset, order } }) {
      const found = mine(context);
      if (!query.show_deleted) found.whereNotNull('pipeline_id');
      const family = query.pipeline_name as string | undefined;
      if (family !== undefined) found.whereRaw('starts_with(pointer, ?)', [`${family.toLowerCase()}:`]);
      const [by, direction] = orderOf(order[0] ?? 'pointer', ['pointer', 'created_at', 'updated_at']);
      const ordered: Order[] = [
        [by, direction],
        ['id', direction],
      ];
      return pageOf(found, ordered, { limit, offset });
    },

    async member(context, { id }) {
      const pointer = await mine(context)
        .where({ pointer: lowered(id ?? '') })
        .first();
      if (pointer) return pointer;
      throw new Failure('not_found', 'Pointer not found', { reason: { missing: 'record' } });
    },

    async create(context, { body }) {
      const { pointer = '', pointer_or_pipeline_id = '', locked = false } = body as Body;
      const colon = pointer.lastIndexOf(':');
      const name = (await ownName(context, pointer.slice(0, colon), 'pointer')) + pointer.slice(colon);
      const { id, public_id } = await pipelineByIdOrPointer(context, pointer_or_pipeline_id);
      const [made] = await context
        .db('pointers')
        .insert({ account_id: accountOf(context), pointer: name, pipeline_id: id, target: public_id, locked })
        .onConflict(['account_id', 'pointer'])
        .merge({ pipeline_id: id, target: public_id, locked, updated_at: context.db.fn.now() })
        .whereNull('pointers.pipeline_id')
        .returning('*');
      if (made) return made;
      throw refused(name, 'already exists');
    },

    /** A locked pointer is moved only by a request that unlocks it as well (docs/compat/mystic.md). */
    async update(context, call: Call, pointer) {
      const { pointer_or_pipeline_id: source, locked } = call.body as Body;
      const target = source === undefined ? undefined : await pipelineByIdOrPointer(context, source);
      const changed = context.db('pointers').where({ id: pointer.id });
      if (target && locked !== false) changed.where({ locked: false });
      const [row] = await changed
        .update({
          ...(target && { pipeline_id: target.id, target: target.public_id }),
          ...(locked !== undefined && { locked }),
          updated_at: context.db.fn.now(),
        })
        .returning('*');
      if (row) return row;
      throw refused(pointer.pointer, 'is locked');
    },

    async delete({ db }, _call, pointer) {
      if ((await db('pointers').where({ id: pointer.id, locked: false }).delete()) > 0) return pointer;
      throw refused(pointer.pointer, 'is locked');
    },
  },

  policy: {
    action: { list: viewer, create: editor, update: editor, delete: admin },
    read: { ...each(shown, viewer), ...each(['id', 'account_id', 'pipeline_id'], hidden) },
    write: { pointer: { create: editor }, ...each(['pointer_or_pipeline_id', 'locked'], editor) },
    query: each(['show_deleted', 'pipeline_name'], { list: viewer }),
  },

  presenter: { default: shown },
  collect: {},
};

/** The id of the pipeline that a pointer leads to, or led to. */
export const pipelineIdOf = ({ target }: Pick<Pointer, 'target'>) => idOf('pipeline', target);

function refused(name: string, why: string): Failure {
  const sentence = `Pointer ${name} ${why}`;
  return new Failure('conflict', sentence, { fields: { pointer: [sentence] } });
}
