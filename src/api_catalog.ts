import type { RequestHandler } from 'express';
import type { Contract } from './contract/contract.ts';
import { callerOf } from './wire/caller.ts';

interface Described {
  /** The contract's file: `magpipe_auth`. */
  name?: string;
  contract: Contract;
}

const profile = 'https://www.rfc-editor.org/info/rfc9727';

/** What APIs there are, with the contract, the reference and the health of each (RFC 9727), as a linkset (RFC 9264). */
export function apiCatalog(surfaces: readonly Described[]): RequestHandler {
  return (request, response) => {
    const { origin } = callerOf(request);
    const linkset = surfaces.map(({ name, contract: { info, servers } }) => ({
      anchor: `${origin}${servers[0]?.url ?? ''}`,
      'service-desc': [{ href: `${origin}/docs/openapi/${name}.json`, type: 'application/json', title: info.title }],
      'service-doc': [{ href: `${origin}/docs/reference/${name}`, type: 'text/html', title: info.title }],
      status: [{ href: `${origin}/readyz`, type: 'application/json' }],
    }));
    response
      .set({ 'Cache-Control': 'public, max-age=300', Link: `<${origin}/.well-known/api-catalog>; rel="api-catalog"` })
      .type(`application/linkset+json; profile="${profile}"`)
      .send(`${JSON.stringify({ linkset }, null, 2)}\n`);
  };
}
