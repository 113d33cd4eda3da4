import contract from '../../../generated/mystic.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelope } from './envelope.ts';
import { handlers } from './operations.ts';

/** Mystic's API under `/v4`, as its command line and its SDK speak to it. */
export const surface: Surface = {
  name: 'mystic',
  contract: contract as unknown as Contract,
  handlers,
  authenticate,
  envelope,
};
