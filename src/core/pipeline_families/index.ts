import type { Knex } from 'knex';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { type Order, pageOf } from '../page.ts';
import { noPipeline } from '../pointers/find.ts';
import { accountOf, each, viewer } from '../rules.ts';

/** A family of pipelines, with its newest version. */
export interface FamilyRow {
  name: string;
  /** How often its versions were run. */
  run_count: number;
  latest_at: string;
  /** Of the newest version. */
  public_id: string;
  description: string | null;
  image_url: string | null;
}

const shown = ['name', 'run_count', 'latest_at', 'public_id', 'description', 'image_url'] as const;

/** The families of an account that have a version, under the name `families`. */
function mine({ db, ...context }: Context): Knex.QueryBuilder {
  const families = db('pipeline_families as f')
    .joinRaw(
      `join lateral (
         select p.created_at as latest_at, p.public_id, p.description, d.image_url
         from deployments d join pipelines p on p.id = d.pipeline_id
         where d.family_id = f.id order by d.version desc limit 1
       ) newest on true
       cross join lateral (
         select count(*)::int as run_count
         from deployments d join runs r on r.pipeline_id = d.pipeline_id where d.family_id = f.id
       ) counted`,
    )
    .where('f.account_id', accountOf({ db, ...context }))
    .select('f.id', 'f.name', 'newest.*', 'counted.*');
  return db.from(families.as('families'));
}

/** What pipelines go by, `user/name` (docs/adr/0008): the names that a caller has to choose from. */
export const pipelineFamilies: Endpoint<FamilyRow> = {
  name: 'pipeline_families',
  resource: {
    async list(context, { query, page: { limit = 20, offset, order } }: Call) {
      const found = mine(context);
      if (query.search) found.whereRaw('strpos(name, lower(?)) > 0', [String(query.search)]);
      const first: Order = [order[0] === 'recent' ? 'latest_at' : 'run_count', 'desc'];
      return pageOf(found, [first, ['id', 'desc']], { limit, offset });
    },
    async member(context, { id = '' }) {
      const family = await mine(context).where({ name: id.toLowerCase() }).first();
      if (family) return family;
      throw noPipeline();
    },
  },
  policy: {
    action: { list: viewer, detail: viewer },
    read: each(shown, viewer),
    write: {},
    query: { search: { list: viewer } },
  },
  presenter: { default: shown },
  collect: {},
};
