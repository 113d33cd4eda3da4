import type { Method, Surface } from '../../../scripts/clients/model.js';
import type { Asked } from './asked.ts';
import type { Weak } from './callers.ts';

/** What is known when requests are made that must be refused. */
export interface Scene {
  surface: Surface;
  method: Method;
  /** What would be done. */
  asked: Asked;
  weak: Record<Weak, Record<string, string>>;
}

/** The requests that may be refused with a status: whichever is first, shows it. */
type Ways = (scene: Scene) => Asked[];

export const having = ({ url, init }: Asked, headers: Record<string, string>): Asked => {
  const all = new Headers(init.headers);
  for (const [name, value] of Object.entries(headers)) {
    if (value === '') all.delete(name);
    else all.set(name, value);
  }
  return { url, init: { ...init, headers: all } };
};
const sending = (asked: Asked, body: string, type = 'application/json'): Asked => {
  const { url, init } = having(asked, { 'Content-Type': type });
  return { url, init: { ...init, body } };
};
const asking = ({ url, init }: Asked, query: string): Asked => ({
  url: `${url}${url.includes('?') ? '&' : '?'}${query}`,
  init,
});
const none = { Authorization: '', 'OAUTH-TOKEN': '', 'X-API-KEY': '', apikey: '' };

/** A surface's own way to send a key that nobody has. */
const strange = ({ surface }: Surface): Record<string, string> =>
  surface === 'mage'
    ? { 'OAUTH-TOKEN': 'x'.repeat(43) }
    : surface === 'magpipe_auth'
      ? { apikey: 'nobodys' }
      : { Authorization: `${surface === 'maiagent' ? 'Api-Key' : 'Bearer'} mgp_${'0'.repeat(40)}` };

/** An identifier of the same form that nothing has. */
function unknownOf(example: string): string {
  if (/[\da-f]{32}$/.test(example)) return example.replace(/[\da-f]{32}$/, `${'0'.repeat(31)}1`);
  if (/[\da-f-]{36}$/.test(example)) return example.replace(/[\da-f-]{36}$/, '00000000-0000-4000-8000-000000000001');
  if (/^\d+$/.test(example)) return '999999';
  if (/^[B-Z]{4}-[B-Z]{4}$/.test(example)) return 'BBBB-BBBB';
  return example.replace(/[^/]*$/, 'nowhere');
}

/** Without one of the things that the path names, the last first. */
const elsewhere: Ways = ({ method, asked }) => {
  const named = method.params.filter(({ place }) => place === 'path').reverse();
  const beyond = method.params.some(({ name }) => name === 'page') ? [asking(asked, 'page=999')] : [];
  const others = named.map(({ example }) => {
    const text = decodeURIComponent(String(example));
    const sent = (one: string) => encodeURIComponent(one).replaceAll('%3A', ':');
    return { ...asked, url: replacedLast(asked.url, sent(text), sent(unknownOf(text))) };
  });
  return [...others, ...beyond];
};

function replacedLast(text: string, what: string, by: string): string {
  const at = text.lastIndexOf(what);
  return at < 0 ? text : text.slice(0, at) + by + text.slice(at + what.length);
}

/** Wrong in each way that a contract knows: a field too much, too few, of another type; a parameter that is none. */
const wrong: Ways = ({ method, asked }) => {
  const { body, params } = method;
  const queries = params
    .filter(({ place }) => place === 'query')
    .flatMap(({ name }) => [
      `${encodeURIComponent(name)}=%00`,
      `${encodeURIComponent(name)}=-x`,
      `${encodeURIComponent(name)}=`,
    ]);
  const bodies =
    body?.kind === 'form'
      ? ['--x--']
      : body
        ? [
            '{}',
            '{"colour":"red"}',
            '[]',
            '{"colour',
            ...fieldsOf(body.examples[0]?.value).map((one) => JSON.stringify(one)),
          ]
        : [];
  const type = body?.kind === 'form' ? 'multipart/form-data; boundary=x' : (body?.media ?? 'application/json');
  return [
    ...queries.map((query) => asking(asked, query)),
    ...bodies.map((text) => sending(asked, text, type)),
    asking(asked, 'colour=red'),
  ];
};

/** The same with each field of another type. */
function fieldsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  return Object.keys(value).flatMap((name) => [
    { ...value, [name]: { x: [1] } },
    { ...value, [name]: 7 },
  ]);
}

const large = `"${'x'.repeat(1024 * 1024)}"`;

/** By status, what every operation that documents it is asked. */
export const provocations: Record<number, Ways> = {
  400: wrong,
  401: ({ surface, asked }) => [
    having(asked, none),
    having(asked, strange(surface)),
    // Where a key is not needed, one that is none is refused.
    ...(surface.surface === 'mage' ? [having(asked, { 'X-API-KEY': 'nobodys' })] : []),
  ],
  403: ({ asked, weak }) => [
    having(asked, weak.key),
    having(asked, weak.roleless),
    having(asked, weak.viewer),
    having(asked, { Authorization: 'Bearer eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl' }),
  ],
  404: elsewhere,
  412: ({ asked }) => [having(asked, { 'If-Match': '"another"' })],
  422: wrong,
};

/** What HTTP itself has every operation refuse, whatever the contract says of it. */
export const ofProtocol: Record<number, Ways> = {
  405: ({ asked, method }) => [{ ...asked, init: { ...without(asked.init), method: otherThan(method) } }],
  406: ({ asked }) => [having(asked, { Accept: 'text/csv' })],
  413: ({ asked, method }) => (method.body ? [sending(asked, large)] : []),
  415: ({ asked, method }) => (method.body ? [sending(asked, '<a/>', 'application/xml')] : []),
};

const without = ({ body: _body, ...init }: Asked['init']): Asked['init'] => init;
const otherThan = ({ verb }: Method) => (verb === 'PUT' ? 'PATCH' : 'PUT');
