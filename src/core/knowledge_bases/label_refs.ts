import type { Context } from '../context.ts';
import { rowsPerOwner } from '../rows_per_owner.ts';

/** A label as a caller names it: by its id, or else by its name. */
export interface LabelRef {
  id?: string;
  name?: string;
}

export interface ShownLabel {
  id: string;
  name: string;
}

/** Finds the labels of a knowledge base that are named, by one statement: gives an id, or undefined, for any of them. */
export async function labelsNamed({ db }: Context, base: string, refs: readonly LabelRef[]) {
  const ids = refs.flatMap(({ id }) => (id === undefined ? [] : [id]));
  const names = refs.flatMap(({ id, name }) => (id === undefined && name !== undefined ? [name] : []));
  const found: ShownLabel[] =
    refs.length === 0
      ? []
      : await db('knowledge_base_labels')
          .where('knowledge_base_id', base)
          .whereRaw('(id = any(?::uuid[]) or name = any(?::text[]))', [ids, names])
          .select('id', 'name');
  const byId = new Map(found.map(({ id }) => [id, id]));
  const byName = new Map(found.map(({ id, name }) => [name, id]));
  return ({ id, name = '' }: LabelRef) => (id === undefined ? byName.get(name) : byId.get(id.toLowerCase()));
}

/** What is wrong with a label that was not found. */
export function unknownLabel({ id, name }: LabelRef): string {
  if (id === undefined && name === undefined) return 'A label needs an id or a name.';
  return `Invalid pk "${id ?? name}" - object does not exist.`;
}

/** Puts labels on files: each file with the ids of its labels. */
export async function putLabels({ db }: Context, entries: readonly { id: string; labels: readonly string[] }[]) {
  const rows = entries.flatMap(({ id, labels }) =>
    [...new Set(labels)].map((label) => ({ knowledge_base_file_id: id, knowledge_base_label_id: label })),
  );
  if (rows.length > 0) await db('knowledge_base_file_labels').insert(rows);
}

/** The labels of files, by name: by one statement for all of them. */
export async function labelsOf({ db }: Pick<Context, 'db'>, rows: readonly { id: string }[]): Promise<ShownLabel[][]> {
  const ids = rows.map(({ id }) => id);
  const found = await db('knowledge_base_file_labels as j')
    .join('knowledge_base_labels as l', 'l.id', 'j.knowledge_base_label_id')
    .whereIn('j.knowledge_base_file_id', ids)
    .orderBy(['l.name', 'l.id'])
    .select('j.knowledge_base_file_id as owner', 'l.id', 'l.name');
  return rowsPerOwner<ShownLabel>(ids, found);
}
