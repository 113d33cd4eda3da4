import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { mayLead } from './addresses.ts';
import { reachOf } from './deliver.ts';

/**
 * Whether a webhook may be sent there, as far as is known before it is: the name is looked up here already, and again at each
 * connection. Throws `invalid` by the field's name.
 */
export async function checkUrl({ house }: Context, url: string | null | undefined, field = 'url'): Promise<void> {
  if (url === undefined || url === null) return;
  const wrong = (why: string) => new Failure('invalid', why, { fields: { [field]: [why] } });
  const { protocol, username, password, hostname } = URL.canParse(url) ? new URL(url) : new URL('none:');
  if (!/^https?:$/.test(protocol)) throw wrong('This must be an http or https URL.');
  if (username || password) throw wrong('This must not have a user or a password in it.');
  const host = hostname.replace(/^\[|\]$/g, '');
  if (await mayLead(reachOf(house), host)) return;
  throw wrong('This has no public address; LATCHKEY_PRIVATE_WEBHOOKS=true allows others.');
}
