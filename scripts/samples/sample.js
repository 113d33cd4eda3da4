import { camel } from '../clients/names.js';

/**
 * One call of an operation with the contract's own examples, as every language writes it.
 * @param {import('../clients/model.d.ts').Surface} surface @param {import('../clients/model.d.ts').Resource} resource
 * @param {import('../clients/model.d.ts').Method} method
 */
export function sampleOf(surface, resource, method) {
  const of = (place) => method.params.filter((param) => param.place === place);
  const path = of('path').map(({ name, example }) => ({ name, value: example }));
  const needed = of('query').filter(({ required }) => required);
  const about = method.pages ? of('query').filter(({ name }) => /^_?limit$/.test(name)) : [];
  const query = [...new Set([...needed, ...about])].map(({ name, example, schema }) => ({
    name,
    value: needed.some((param) => param.name === name)
      ? (example ?? schema.example)
      : schema.type === 'string'
        ? '10'
        : 10,
  }));
  const headers = of('header')
    .filter(({ required }) => required)
    .map(({ name, example }) => ({ name, value: example }));
  const body = exampleOf(method);
  const names = [...surface.place.split('.'), resource.name, method.name].filter(Boolean);
  return {
    surface,
    resource,
    method,
    names,
    path,
    query,
    headers,
    body,
    open: method.security.length === 0,
    dress: dressOf(surface),
  };
}

/** The plainest example: without a credential in it, which stands in a header here. */
function exampleOf({ body }) {
  if (!body) return undefined;
  const plain = body.examples.find(({ value }) => value?.api_key === undefined) ?? body.examples[0];
  return plain?.value;
}

/** Where a surface wants its credential. */
function dressOf({ schemes }) {
  const names = Object.values(schemes).map(({ name = '' }) => name.toLowerCase());
  if (names.includes('oauth-token')) return 'mage';
  if (names.includes('apikey')) return 'gotrue';
  return names.includes('authorization') ? 'key' : 'bearer';
}

/** The path with its values, and the query, as they stand in an address. */
export function addressOf({ surface, method, path, query }) {
  const filled = path.reduce(
    (text, { name, value }) => text.replace(`{${name}}`, encodeURIComponent(String(value)).replaceAll('%3A', ':')),
    method.path,
  );
  const pairs = query.map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return surface.base + filled + (pairs.length > 0 ? `?${pairs.join('&')}` : '');
}

/** What an answer is called in a sample: `key` of `keys.get`, `page` of a list. */
export function resultOf({ resource, method }) {
  const { kind } = method.answer;
  if (kind === 'none') return undefined;
  if (kind === 'bytes') return 'response';
  if (kind === 'events') return 'event';
  if (kind === 'lines') return 'line';
  const one = camel(resource.name)
    .replace(/ies$/, 'y')
    .replace(/(ss|us|is)$/, '$1_')
    .replace(/s$/, '')
    .replace(/_$/, '');
  return ['me', 'delete', 'import', 'export', 'default', 'function'].includes(one) ? 'answer' : one;
}
