import type { Knex } from 'knex';
import type { Secret } from '../../../generated/tables.ts';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import type { House } from '../house.ts';
import { pageOf } from '../page.ts';
import { accountOf, each, editor, hidden, viewer } from '../rules.ts';
import { placeOf } from '../sealing/rows.ts';
import { unusable } from '../unusable.ts';

const mine = (context: Context): Knex.QueryBuilder => context.db('secrets').where('account_id', accountOf(context));

/** The secrets of an account: kept sealed, never shown, given to whoever runs its pipelines (docs/compat/mage.md: Variables and secrets). */
export const secrets: Endpoint<Secret> = {
  name: 'secrets',
  resource: {
    list: (context, { page: { limit = 40, offset } }) => pageOf(mine(context), [['id', 'asc']], { limit, offset }),

    async member(context, { id = '' }) {
      const secret = await mine(context).where({ name: id }).first();
      if (secret) return secret;
      throw new Failure('not_found', 'Record not found.', { reason: { missing: 'record' } });
    },

    async create(context, { body }) {
      const { name, value } = body as { name?: string | null; value?: string | null };
      const missing = Object.entries({ name, value }).flatMap(([key, given]) => (given ? [] : [`'${key}'`]));
      if (!name || !value) throw unusable('body', missingSentence(missing));
      // Sealed to the row's id, which is not known before.
      const [made] = await context
        .db('secrets')
        .insert({ account_id: accountOf(context), name, value: '' })
        .onConflict(['account_id', 'name'])
        .ignore()
        .returning('*');
      if (!made) throw new Failure('conflict', `Secret ${name} already exists.`);
      const sealed = context.house.installation.seal.seal(value, placeOf.secret(made.id));
      await context.db('secrets').where({ id: made.id }).update({ value: sealed });
      return made;
    },

    async delete({ db }, _call, secret) {
      await db('secrets').where({ id: secret.id }).delete();
      return secret;
    },
  },
  policy: {
    action: { list: viewer, create: editor, delete: editor },
    read: { ...each(['id', 'name'] as const, viewer), ...each(['account_id', 'created_at', 'value'] as const, hidden) },
    write: each(['name', 'value'], { create: editor }),
    query: {},
  },
  presenter: { default: ['id', 'name'] },
  collect: {},
};

function missingSentence(missing: readonly string[]): string {
  const [count, plural] = [missing.length, missing.length === 1 ? '' : 's'];
  return `create_secret() missing ${count} required positional argument${plural}: ${missing.join(' and ')}`;
}

/** The secrets of an account, open, for whoever runs one of its pipelines and for nobody else. */
export async function openSecrets({ db, installation }: House, accountId: number): Promise<Record<string, string>> {
  const rows = await db('secrets').where({ account_id: accountId });
  return Object.fromEntries(
    rows.map(({ id, name, value }) => [name, installation.seal.open(value, placeOf.secret(id))]),
  );
}
