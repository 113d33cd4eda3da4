import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { uuidOf } from '../ids.ts';
import { noPipeline } from '../pointers/find.ts';
import { atLeast } from '../principal.ts';
import { accountOf } from '../rules.ts';
import { mayLead, type Reach } from '../webhooks/addresses.ts';

/** Where a pipeline's container answers; null for none. Owners only. Throws `forbidden`, `not_found`. */
export async function containerOf(context: Context, id: string): Promise<string | null> {
  onlyOwners(context);
  const pipeline = await mine(context, id).first('container_url');
  if (pipeline) return pipeline.container_url;
  throw noPipeline();
}

/**
 * Says where a pipeline's container answers (`pipeline container up` on port 14300, docs/compat/mystic.md: Containers),
 * or with null that it has none. Owners only, as the server itself goes there. Throws `forbidden`, `not_found`, and
 * `invalid` for what is no such address, or is a private one where those are not allowed; it is held against that again
 * at each connection.
 */
export async function setContainer(context: Context, id: string, text: string | null): Promise<string | null> {
  onlyOwners(context);
  const url = text === null ? null : await checked(text, context.house.config.containerReach);
  await context.db.transaction(async (db) => {
    const changed = await mine({ ...context, db }, id).update({ container_url: url });
    if (changed === 0) throw noPipeline();
    await audit({ ...context, db }, url === null ? 'container_cleared' : 'container_set', id);
  });
  return url;
}

/** The pipeline of this id, if it is one of the caller's account. */
function mine(context: Context, id: string): Knex.QueryBuilder {
  const uuid = uuidOf('pipeline', id) ?? null;
  return context
    .db('pipelines')
    .where('account_id', accountOf(context))
    .where('public_id', uuid as string);
}

function onlyOwners({ principal }: Context): void {
  if (atLeast('owner', principal)) return;
  throw new Failure('forbidden', 'Only an owner may see or set where a container is');
}

async function checked(text: string, reach: Reach): Promise<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || text.length > 2048) throw wrong('must be an http or https URL');
  if (url.username || url.password) throw wrong('must not have a user or a password in it');
  if (url.search || url.hash) throw wrong('must not have a query or a fragment');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!(await mayLead(reach, host))) {
    throw wrong('has no public address; LATCHKEY_PRIVATE_CONTAINERS=true allows others');
  }
  return url.href;
}

const wrong = (why: string) => new Failure('invalid', `The URL ${why}`, { fields: { url: [why] } });
