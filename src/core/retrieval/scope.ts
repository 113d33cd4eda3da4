import type { Knex } from 'knex';
import { labelCondition } from './label_rule.ts';
import { type Narrowing, narrowingOf } from './query_metadata.ts';

/** What may be searched: of one account, never of another. */
export interface Scope {
  accountId: number;
  knowledgeBaseIds: string[];
  /** Each narrows what is left: of the message, of the contact. */
  narrowings: Narrowing[];
}

/** The scope of a search: those of the named knowledge bases that the account has, and that the metadata names. */
export async function scopeOf(
  db: Knex,
  accountId: number,
  knowledgeBaseIds: readonly string[],
  metadata: readonly unknown[],
): Promise<Scope> {
  const narrowings = metadata.map(narrowingOf);
  const named = narrowings.flatMap(({ selections }) =>
    selections ? [new Set(selections.map(({ knowledgeBaseId }) => knowledgeBaseId))] : [],
  );
  const left = knowledgeBaseIds.filter((id) => named.every((set) => set.has(id)));
  const found: { id: string }[] =
    left.length === 0
      ? []
      : await db('knowledge_bases').where('account_id', accountId).whereRaw('id = any(?::uuid[])', [left]).select('id');
  return { accountId, knowledgeBaseIds: found.map(({ id }) => id), narrowings };
}

/** The scope as a condition on text nodes, `n`. The account is asked for by itself, whatever the knowledge bases are. */
export function within(db: Knex, { accountId, knowledgeBaseIds, narrowings }: Scope): Knex.Raw {
  const conditions = [
    db.raw('n.account_id = ?', [accountId]),
    db.raw('n.knowledge_base_id = any(?::uuid[])', [knowledgeBaseIds]),
    ...narrowings.flatMap(({ selections, labels }) => [
      ...(selections ? [selected(db, selections)] : []),
      ...(labels ? [labelCondition(db, labels)] : []),
    ]),
  ];
  return db.raw(conditions.map(() => '?').join(' and '), conditions);
}

function selected(db: Knex, selections: NonNullable<Narrowing['selections']>): Knex.Raw {
  const whole = selections.filter(({ isWhole }) => isWhole).map(({ knowledgeBaseId }) => knowledgeBaseId);
  const parts = selections.filter(({ isWhole }) => !isWhole);
  // An id counts in the knowledge base that it is listed under.
  const pairs = (ids: 'fileIds' | 'faqIds') =>
    parts.flatMap((one) => one[ids].map((id) => [one.knowledgeBaseId, id] as const));
  const listed = (column: string, ids: 'fileIds' | 'faqIds') =>
    db.raw(`(n.knowledge_base_id, n.${column}) in (select * from unnest(?::uuid[], ?::uuid[]))`, [
      pairs(ids).map(([base]) => base),
      pairs(ids).map(([, id]) => id),
    ]);
  return db.raw('(n.knowledge_base_id = any(?::uuid[]) or ? or ?)', [
    whole,
    listed('knowledge_base_file_id', 'fileIds'),
    listed('knowledge_base_faq_id', 'faqIds'),
  ]);
}
