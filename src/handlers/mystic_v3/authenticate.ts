import { Failure } from '../../contract/failure.ts';
import { standing } from '../../core/credentials/standing.ts';
import { checkSignature } from '../../core/files/index.ts';
import { uuidOf } from '../../core/ids.ts';
import { anonymous } from '../../core/principal.ts';
import type { Authenticate, Request } from '../../wire/surface.ts';
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

/** The part, and who may send it. */
export const partOf = (upload: unknown, part: unknown, by: unknown) => `${upload}:${part}:${by}`;

const { HTTPBearer, APIKeyCookie } = mystic as Record<string, Authenticate>;

export const authenticate: Record<string, Authenticate> = {
  ...(HTTPBearer && { HTTPBearer }),
  ...(APIKeyCookie && { APIKeyCookie }),
  FileSignature: signed('file', ({ path }) => uuidOf('file', /\/download\/([^/]+)/.exec(path)?.[1] ?? '') ?? ''),
  /** Whoever asked for the address, as they stand now. */
  PartSignature: async (request, house) => {
    const { upload_id, part_num, by } = request.query;
    const found = await signed(partPurpose, () => partOf(upload_id, part_num, by))(request, house);
    return found && standing(house, String(by), 'editor');
  },
};
