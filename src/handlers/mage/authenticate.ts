import { Failure } from '../../contract/failure.ts';
import { decodeToken } from '../../core/credentials/oauth_token.ts';
import { verifyApplicationKey } from '../../core/credentials/verify_key.ts';
import { verifyToken } from '../../core/credentials/verify_session.ts';
import type { House } from '../../core/house.ts';
import type { Principal } from '../../core/principal.ts';
import { ambiguous } from '../../wire/authenticate.ts';
import { callerOf } from '../../wire/caller.ts';
import { cookiesOf } from '../../wire/security_schemes.ts';
import type { Authenticate, Request } from '../../wire/surface.ts';

type Carrier = (request: Request) => string | undefined;

const header =
  (name: string): Carrier =>
  (request) =>
    request.get(name) || undefined;

const query: Carrier = ({ query: { api_key } }) => ([api_key].flat()[0] as string | undefined) || undefined;

/** The body carries a key on POST alone (docs/compat/mage.md: The application key). */
const body: Carrier = ({ method, body }) =>
  (method === 'POST' && typeof body?.api_key === 'string' && body.api_key) || undefined;

/** The decoded token of a Bearer header, which may be empty; any other Authorization is none of our business. */
const bearer: Carrier = (request) =>
  request
    .get('authorization')
    ?.split(',')
    .map((part) => /^\s*bearer(?:\s+|$)(.*)$/i.exec(part))
    .find((match) => match !== null)?.[1]
    ?.trim();

/** Nobody has to sign in: keys and tokens are not even looked at (docs/compat/mage.md: Without sign-in). */
const open = (house: House): Principal | undefined =>
  house.config.requireUserAuthentication ? undefined : { kind: 'open', accountId: house.installation.accountId };

const key =
  (...carriers: Carrier[]): Authenticate =>
  async (request, house) => {
    const [value, ...more] = new Set(carriers.flatMap((carrier) => carrier(request) ?? []));
    if (more.length > 0 && !open(house)) throw ambiguous();
    return (
      open(house) ?? (value === undefined ? undefined : verifyApplicationKey(house, value, callerOf(request).address))
    );
  };

const token =
  (carrier: Carrier): Authenticate =>
  async (request, house) => {
    const value = open(house) ? undefined : carrier(request);
    return value === undefined ? undefined : verifyToken(house, value);
  };

/** The security schemes of the mage contract. Tokens are asked in their order there, and so are keys. */
export const authenticate: Record<string, Authenticate> = {
  applicationKey: key(header('x-api-key'), body),
  applicationKeyQuery: key(query),
  oauthToken: token(header('oauth-token')),
  bearer: token(bearer),
  oauthCookie: async (request, house) => {
    const [raw] = open(house) ? [] : cookiesOf(request, 'oauth_token');
    if (raw === undefined) return undefined;
    const value = await decodeToken(house, raw);
    if (value !== undefined) return verifyToken(house, value);
    throw new Failure('unauthenticated', 'Invalid OAuth token.', { reason: { credential: 'token', state: 'unknown' } });
  },
};
