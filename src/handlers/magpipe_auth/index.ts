import contract from '../../../generated/magpipe_auth.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelope } from './envelope.ts';
import { handlers } from './operations.ts';

/** The sign-in of Magpipe under `/auth/v1`, as supabase-js speaks to it. */
export const surface: Surface = {
  name: 'magpipe_auth',
  contract: contract as unknown as Contract,
  handlers,
  authenticate,
  envelope,
};
