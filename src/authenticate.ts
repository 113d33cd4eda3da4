import type { Contract, Security } from './contract.ts';
import { Failure } from './failure.ts';
import type { House } from './house.ts';
import { anonymous, type Principal } from './principal.ts';
import type { Request } from './surface.ts';

/**
 * Whose credential of this scheme does the request carry? Undefined: it carries none.
 * Throws `unauthenticated`, with its reason, for one that is carried and does not hold.
 */
export type Authenticate = (request: Request, house: House) => Promise<Principal | undefined>;

/**
 * Asks the schemes of an operation's security requirement, in the contract's order: the first alternative whose
 * schemes are all carried decides, and a credential that does not hold ends the search.
 * Throws `unauthenticated` (missing) where no alternative is carried whole, and `too_many` instead of the refusal once an
 * address has sent too many that do not hold.
 */
export function authenticator(contract: Contract, schemes: Record<string, Authenticate>) {
  for (const scheme of Object.keys(contract.components?.securitySchemes ?? {})) {
    if (!schemes[scheme]) throw new Error(`the security scheme ${scheme} has no authenticator`);
  }
  const authenticate = async (
    request: Request,
    house: House,
    alternatives: readonly Security[],
  ): Promise<Principal> => {
    if (alternatives.length === 0) return anonymous;
    const asked = new Map<string, Promise<Principal | undefined>>();
    const ask = (scheme: string) => {
      const answer = asked.get(scheme) ?? (schemes[scheme] as Authenticate)(request, house);
      asked.set(scheme, answer);
      return answer;
    };
    for (const alternative of alternatives) {
      const principal = await whole(Object.keys(alternative), ask);
      if (principal) return principal;
    }
    throw new Failure('unauthenticated', 'Authentication credentials were not provided.', {
      reason: { credential: 'key', state: 'missing' },
    });
  };
  // One that does not hold counts against its address, on every surface.
  return (...asked: Parameters<typeof authenticate>) =>
    authenticate(...asked).catch(async (refusal) => {
      const [{ ip = '' }, { limits }] = asked;
      throw await limits.failed(ip, refusal);
    });
}

/** Of schemes that go together, the last one that knows the caller names the principal. */
async function whole(schemes: string[], ask: (scheme: string) => Promise<Principal | undefined>) {
  let principal = anonymous;
  for (const scheme of schemes) {
    const found = await ask(scheme);
    if (!found) return undefined;
    if (found.kind !== 'anonymous') principal = found;
  }
  return principal;
}
