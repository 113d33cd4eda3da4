/**
 * The operations of a surface as `src/clients/typescript/route.ts` reads them, by resource and method.
 * @param {import('./model.d.ts').Surface} surface
 */
export function tableOf({ resources, schemes }) {
  const table = {};
  for (const { name, methods } of resources)
    table[name] = Object.fromEntries(methods.map((method) => [method.name, routeOf(method)]));
  return { dress: dressOf(schemes), table };
}

function routeOf({ verb, path, body, params, answer, pages, idempotency, security }) {
  return [
    verb,
    path,
    body && `+${body.kind}`,
    params.some(({ place }) => place === 'query') && '?',
    !['json', 'none'].includes(answer.kind) && `>${answer.kind}`,
    pages && `${pages.kind}:${pages.items}`,
    idempotency && 'idempotent',
    security.length === 0 && 'open',
  ]
    .filter(Boolean)
    .join(' ');
}

/** Where a surface wants its credential, by its schemes. */
function dressOf(schemes) {
  const names = Object.values(schemes).map(({ name = '' }) => name.toLowerCase());
  if (names.includes('oauth-token')) return 'mage';
  if (names.includes('apikey')) return 'gotrue';
  return names.includes('authorization') ? 'key' : 'bearer';
}
