import contract from '../../../generated/magpipe.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelope } from './envelope.ts';
import { handlers } from './operations.ts';

/** Magpipe's API under `/functions/v1`: API keys that live until revoked, session tokens that live an hour. */
export const surface: Surface = {
  name: 'magpipe',
  contract: contract as unknown as Contract,
  handlers,
  authenticate,
  envelope,
  async limit(principal, { limits }) {
    const left = principal.kind === 'user' ? await limits.request(principal.userId) : undefined;
    if (!left) return {};
    const { limit, remaining, reset } = left;
    return {
      'X-RateLimit-Limit': String(limit),
      'X-RateLimit-Remaining': String(remaining),
      'X-RateLimit-Reset': String(reset),
    };
  },
};
