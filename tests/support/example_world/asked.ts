import type { Method, Surface } from '../../../scripts/clients/model.js';
import { mintToken } from '../../../src/core/credentials/oauth_token.ts';
import { anonymous } from '../../../src/core/principal.ts';
import { openSession } from '../../../src/core/sign_in/session.ts';
import { type ExampleServer, exampleApplicationKey } from './example_server.ts';
import { ada } from './people.ts';

/** A request that is about to be sent. */
export interface Asked {
  url: string;
  init: RequestInit & { headers: Headers };
}

/** A session of a user in the first account, as a bearer token. */
export async function sessionOf({ house, url }: ExampleServer, user_id: number) {
  const asker = { address: '192.0.2.1', requestId: 'test', origin: url };
  const context = { house, db: house.db, principal: anonymous, asker };
  return openSession(context, { user_id, account_id: house.installation.accountId });
}

/** The credential of a user, as a surface takes it. */
export async function credentialOf(
  server: ExampleServer,
  surface: string,
  userId: number,
): Promise<Record<string, string>> {
  const { house } = server;
  if (surface === 'mage')
    return {
      'X-API-KEY': exampleApplicationKey,
      'OAUTH-TOKEN': (await mintToken(house, house.db, userId, house.installation.accountId)).value,
    };
  const { accessToken } = await sessionOf(server, userId);
  return {
    Authorization: `Bearer ${accessToken}`,
    ...(surface === 'magpipe_auth' && { apikey: exampleApplicationKey }),
  };
}

/** Whether the examples show what is Ada's. */
const isAdas = (surface: string, id: string) =>
  (surface === 'magpipe_auth' && /User$/.test(id)) || (surface === 'maiagent' && /CurrentUser$/.test(id));

/** An operation as one of its examples has it, with the credential of the owner, or of Ada where it is about her. */
export async function askedOf(
  server: ExampleServer,
  { surface, base }: Surface,
  method: Method,
  valueName: string,
  value: unknown,
): Promise<Asked> {
  const of = (place: string) => method.params.filter((param) => param.place === place);
  const path = of('path').reduce(
    (text, { name, example }) =>
      text.replace(`{${name}}`, encodeURIComponent(decodeURIComponent(String(example))).replaceAll('%3A', ':')),
    method.path,
  );
  const query = new URLSearchParams(
    of('query')
      .filter(({ required, name }) => required || name === 'grant_type')
      .map(({ name, example }): [string, string] => [name, String(name === 'grant_type' ? valueName : example)]),
  );
  const own = await credentialOf(server, surface, isAdas(surface, method.id) ? ada.id : 1);
  const isWithKey = typeof (value as { api_key?: string } | undefined)?.api_key === 'string';
  const headers = new Headers({ Accept: 'application/json, */*', ...own });
  if (isWithKey) headers.delete('X-API-KEY');
  const isOpen = method.security.every((schemes) => schemes.every((scheme) => /application/.test(scheme)));
  if (isOpen && surface !== 'magpipe_auth') for (const name of ['OAUTH-TOKEN', 'Authorization']) headers.delete(name);
  for (const { name, example } of of('header').filter(({ required }) => required)) headers.set(name, String(example));
  const body = value === undefined ? undefined : bodyOf(method, value);
  if (body !== undefined && !(body instanceof FormData)) headers.set('Content-Type', method.body?.media ?? '');
  return {
    url: `${server.url}${base}${path}${query.size > 0 ? `?${query}` : ''}`,
    init: { method: method.verb, headers, ...(body !== undefined && { body }), redirect: 'manual' },
  };
}

function bodyOf({ body }: Method, value: unknown): string | FormData {
  if (body?.kind === 'lines') return (value as object[]).map((line) => JSON.stringify(line)).join('\n');
  if (body?.kind === 'bytes') return String(value);
  if (body?.kind === 'fields') return String(new URLSearchParams(value as Record<string, string>));
  if (body?.kind !== 'form') return JSON.stringify(value);
  const form = new FormData();
  for (const [name, field] of Object.entries(value as object))
    form.append(name, body.files.includes(name) ? new File(['meow'], String(field)) : String(field));
  return form;
}
