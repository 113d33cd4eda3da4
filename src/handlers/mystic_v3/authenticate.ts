import type { Authenticate } from '../../authenticate.ts';
import { checkSignature } from '../../core/files/index.ts';
import { uuidOf } from '../../core/ids.ts';
import { Failure } from '../../failure.ts';
import { anonymous } from '../../principal.ts';
import type { Request } from '../../surface.ts';
import { authenticate as mystic } from '../mystic/authenticate.ts';

/** A signature in the address, instead of a token: it is good for one thing until it expires. Throws `forbidden`. */
const signed =
  (purpose: string, subject: (request: Request) => string): Authenticate =>
  async (request, house) => {
    const { signature, expires } = request.query;
    if (typeof signature !== 'string') return undefined;
    const until = /^\d{1,12}$/.test(String(expires)) ? Number(expires) : 0;
    if (checkSignature(house, purpose, subject(request), until, signature)) return anonymous;
    throw notGiven();
  };

/** An address that carries what opens it, and does not. */
export const notGiven = () => new Failure('forbidden', 'This address was not given here, or it has expired.');

/** What a part's address is signed for. */
export const partPurpose = 'pipeline file part';

const { HTTPBearer, APIKeyCookie } = mystic as Record<string, Authenticate>;

export const authenticate: Record<string, Authenticate> = {
  ...(HTTPBearer && { HTTPBearer }),
  ...(APIKeyCookie && { APIKeyCookie }),
  FileSignature: signed('file', ({ path }) => uuidOf('file', /\/download\/([^/]+)/.exec(path)?.[1] ?? '') ?? ''),
  PartSignature: signed(partPurpose, ({ query: { upload_id, part_num } }) => `${upload_id}:${part_num}`),
};
