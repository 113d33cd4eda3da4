import type { Operation } from '../contract/contract.ts';
import type { Request } from './surface.ts';

/** Made once per operation: of the parameters of a request, those that the contract declares. Nobody reads any other one. */
export function declaredQuery({ query }: Operation): (request: Request) => Record<string, unknown> {
  const names = new Set(query);
  return (request) => Object.fromEntries(Object.entries(request.query).filter(([name]) => names.has(name)));
}
