import type { KnowledgeBase } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { accountOf } from '../rules.ts';
import { isUuid } from '../uuid.ts';

/** The knowledge bases of the caller's account: no others are there. */
export function mine(context: Context) {
  return context.db('knowledge_bases').where('account_id', accountOf(context));
}

/** One knowledge base of the caller's account. Throws `not_found`, also for what is no UUID. */
export async function knowledgeBaseOf(context: Context, id = ''): Promise<KnowledgeBase> {
  const base = isUuid(id) && (await mine(context).where({ id }).first());
  if (base) return base;
  throw missing();
}

/** Keeps a knowledge base from being deleted until the transaction is over. Throws `not_found` where it has been. */
export async function holdKnowledgeBase(context: Context, id: string): Promise<void> {
  if (!(await mine(context).where({ id }).forKeyShare().first('id'))) throw missing();
}

function missing(): Failure {
  return new Failure('not_found', 'There is no such knowledge base.', { reason: { missing: 'record' } });
}
