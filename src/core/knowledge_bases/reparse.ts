import { Failure } from '../../contract/failure.ts';
import type { Call, Context, Page } from '../context.ts';
import { show } from '../endpoint.ts';
import { queueReading } from '../ingestion/queue_reading.ts';
import { isUuid } from '../uuid.ts';
import { type EntryRow, entries, entriesOf, knowledgeBaseOfFiles } from './entry.ts';
import { parserNamed } from './parsers.ts';
import type { EntryExtra, knowledgeBaseFiles } from './registered_files.ts';

/** A file that is to be read once more. */
interface Item {
  id: string;
  parser?: string | null;
}

/**
 * Has files read once more, all or none, and shows them in the order of the request (docs/compat/maiagent.md: Knowledge bases). What was found in
 * them stays until then. Throws `invalid` with what is wrong with each of them, `not_found`.
 */
export function reparsing(files: typeof knowledgeBaseFiles) {
  return async (context: Context, call: Call<unknown, Item[]>): Promise<Page<EntryRow & EntryExtra>> => {
    const base = await knowledgeBaseOfFiles(context, call.parentId ?? '');
    return context.db.transaction(async (db) => {
      const within = { ...context, db };
      const items = call.body.map(({ id, parser }) => ({
        id: id.toLowerCase(),
        parser: parser == null ? parser : (parserNamed(parser)?.id ?? parser),
      }));
      const ids = items.map(({ id }) => id);
      // In one order, so that nobody waits in a circle.
      const held = await db('knowledge_base_files')
        .where('knowledge_base_id', base.id)
        .whereRaw('id = any(?::uuid[])', [ids])
        .orderBy('id')
        .forUpdate()
        .select('id');
      const there = new Set(held.map(({ id }) => id));
      refuse(
        items.map(({ id, parser }) => ({
          ...(!there.has(id) && { id: [`Invalid pk "${id}" - object does not exist.`] }),
          ...(parser != null && !isUuid(parser) && { parser: [`Invalid pk "${parser}" - object does not exist.`] }),
        })),
      );
      for (const { id, parser } of items)
        if (parser !== undefined) await db('knowledge_base_files').where({ id }).update({ parser });
      await queueReading(db, [...there]);
      const found = new Map(
        (await entries(within, entriesOf(within, base.id).whereIn('k.id', ids))).map((entry) => [entry.id, entry]),
      );
      const rows = [...new Set(ids)].map((id) => found.get(id) as EntryRow);
      return { rows: await show(files, 'list', within, rows, call as unknown as Call), count: rows.length, offset: 0 };
    });
  };
}

function refuse(errors: readonly Record<string, string[]>[]): void {
  const [first] = errors.flatMap((one) => Object.values(one).flat());
  if (first !== undefined) throw new Failure('invalid', first, { reason: { items: { errors: [...errors] } } });
}
