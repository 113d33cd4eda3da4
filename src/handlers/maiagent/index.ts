import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelopeOf } from './envelope.ts';
import { handlers } from './operations.ts';
import { contract } from './published_contract.ts';

/** MaiAgent's API under `/api/v1`; the vendor's older programs call it under `/api` (docs/compat/maiagent.md: Bases). */
export const surface: Surface = {
  ...{ name: 'maiagent', contract, olderBase: '/api', handlers },
  ...{ authenticate, envelope: envelopeOf(contract) },
};
