import type { Contract, Node, Security } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import type { House } from '../core/house.ts';
import { anonymous, type Principal } from '../core/principal.ts';
import { toFailure } from '../core/to_failure.ts';
import { callerOf, isForeign } from './caller.ts';
import { isAmbiguous, schemeCookies } from './security_schemes.ts';
import type { Authenticate, Request } from './surface.ts';

/** What is asked of a security requirement: its schemes, each alternative's names, and which of them may stand in each other's place. */
interface Plan {
  named: readonly Node[];
  each: readonly string[][];
  rivals: readonly [string, string][];
}

type Ask = (scheme: string) => Promise<Principal | undefined>;

/**
 * Asks the schemes of an operation's security requirement, in the contract's order: the first alternative whose
 * schemes are all carried decides, and a credential that does not hold ends the search.
 * Throws `unauthenticated` (missing) where no alternative is carried whole, `forbidden` for a cookie that another site made
 * the browser send, `invalid` where two credentials for one thing are not the same, and `too_many` instead of the refusal
 * once an address has sent too many that do not hold.
 */
export function authenticator(contract: Contract, given: Record<string, Authenticate>) {
  const declared = new Map(Object.entries((contract.components?.securitySchemes ?? {}) as Record<string, Node>));
  const schemes = new Map<string, Authenticate>();
  for (const [name, node] of declared) {
    const plain = given[name];
    if (!plain) throw new Error(`the security scheme ${name} has no authenticator`);
    schemes.set(name, node.in === 'cookie' ? guarded(plain, node) : plain);
  }
  const plans = new WeakMap<readonly Security[], Plan>();
  const planOf = (alternatives: readonly Security[]): Plan => {
    const known = plans.get(alternatives);
    if (known) return known;
    const each = alternatives.map((alternative) => Object.keys(alternative));
    const named = [...new Set(each.flat())].map((name) => declared.get(name) as Node);
    const plan = { named, each, rivals: rivalsOf(alternatives) };
    plans.set(alternatives, plan);
    return plan;
  };
  const authenticate = async (
    request: Request,
    house: House,
    alternatives: readonly Security[],
  ): Promise<Principal> => {
    if (alternatives.length === 0) return anonymous;
    const { named, each, rivals } = planOf(alternatives);
    for (const scheme of named) if (isAmbiguous(request, scheme)) throw ambiguous();
    const asked = new Map<string, Promise<Principal | undefined>>();
    const ask: Ask = (scheme) => {
      const answer = asked.get(scheme) ?? (schemes.get(scheme) as Authenticate)(request, house);
      asked.set(scheme, answer);
      return answer;
    };
    for (const names of each) {
      const principal = await whole(names, ask);
      if (!principal) continue;
      for (const [own, other] of rivals) if (names.includes(own)) await agree(await ask(own), other, ask);
      return principal;
    }
    throw new Failure('unauthenticated', 'Authentication credentials were not provided.', {
      reason: { credential: 'key', state: 'missing' },
    });
  };
  const surface = contract.servers[0]?.url ?? '';
  // One that does not hold counts against its address.
  return (...asked: Parameters<typeof authenticate>) =>
    authenticate(...asked).catch(async (refusal) => {
      const [request, { limits }] = asked;
      throw await limits.failed(callerOf(request).address, refusal, surface);
    });
}

/** Of schemes that go together, the last one that knows the caller names the principal. */
async function whole(schemes: string[], ask: Ask) {
  let principal = anonymous;
  for (const scheme of schemes) {
    const found = await ask(scheme);
    if (!found) return undefined;
    if (found.kind !== 'anonymous') principal = found;
  }
  return principal;
}

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** A browser sends cookies along whoever made it ask: one counts for a change only where this site itself asked. */
function guarded(authenticate: Authenticate, scheme: Node): Authenticate {
  return async (request, house) => {
    const counts = safe.has(request.method) || !isForeign(request, callerOf(request));
    if (counts || schemeCookies(request, scheme).length === 0) return authenticate(request, house);
    throw new Failure('forbidden', 'This was asked for by another site: a cookie does not count here.', {
      reason: { refused: 'site' },
    });
  };
}

/** Schemes that may stand in each other's place, by what the alternatives have in common; a signature in an address says nothing of who asks. */
function rivalsOf(alternatives: readonly Security[]): [string, string][] {
  const names = alternatives.map((alternative) => Object.keys(alternative));
  return names.flatMap((mine) =>
    names.flatMap((theirs): [string, string][] => {
      const [own, ...more] = mine.filter((name) => !theirs.includes(name));
      const [other, ...others] = theirs.filter((name) => !mine.includes(name));
      if (!own || !other || more.length + others.length > 0) return [];
      return [own, other].some((name) => /signature$/i.test(name)) ? [] : [[own, other]];
    }),
  );
}

/** Throws `invalid` where the request carries a credential of the other scheme too, and it is not for the same caller. */
async function agree(own: Principal | undefined, other: string, ask: Ask): Promise<void> {
  const found = await ask(other).catch((thrown: unknown) => {
    const failure = toFailure(thrown);
    if (failure.kind === 'unauthenticated') throw ambiguous();
    if (failure.kind !== 'forbidden') throw failure;
    return undefined;
  });
  if (own?.kind === 'user' && found?.kind === 'user' && identity(own) !== identity(found)) throw ambiguous();
}

function identity({ userId, accountId, keyId, sessionId, token }: Principal & { kind: 'user' }): string {
  return JSON.stringify([userId, accountId, keyId, sessionId, token?.id]);
}

/** Nobody guesses which of two credentials was meant. */
export function ambiguous(): Failure {
  return new Failure('invalid', 'Two different credentials were sent: send one.', {
    reason: { refused: 'credentials' },
  });
}
