import type { Surface } from './wire/surface.ts';

/** What the catalog of APIs is written as: a linkset (RFC 9264), of this profile. */
export const catalogType = 'application/linkset+json; profile="https://www.rfc-editor.org/info/rfc9727"';

/**
 * What APIs there are, with the contract, the reference and the health of each, as RFC 9727 has it.
 * @param origin of this server, as whoever asks calls it
 */
export function apiCatalog(surfaces: readonly Surface[], origin: string): string {
  const linkset = surfaces.map(({ name, contract: { info, servers } }) => ({
    anchor: `${origin}${servers[0]?.url ?? ''}`,
    'service-desc': [{ href: `${origin}/docs/openapi/${name}.json`, type: 'application/json', title: info.title }],
    'service-doc': [{ href: `${origin}/docs/reference/${name}`, type: 'text/html', title: info.title }],
    status: [{ href: `${origin}/readyz`, type: 'application/json' }],
  }));
  return `${JSON.stringify({ linkset }, null, 2)}\n`;
}
