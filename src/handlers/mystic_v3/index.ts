import contract from '../../../generated/mystic_v3.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { envelope } from '../mystic/envelope.ts';
import { authenticate } from './authenticate.ts';
import { handlers } from './operations.ts';

/** What Mystic's clients still ask of version 3, under `/v3`. */
export const surface: Surface = {
  name: 'mystic_v3',
  contract: contract as unknown as Contract,
  handlers,
  authenticate,
  envelope,
};
