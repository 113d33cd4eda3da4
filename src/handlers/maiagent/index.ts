import bundle from '../../../generated/maiagent.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelopeOf } from './envelope.ts';
import { handlers } from './operations.ts';

const contract = bundle as unknown as Contract;

/** MaiAgent's API under `/api/v1`, but for what needs a language model. */
export const surface: Surface = { name: 'maiagent', contract, handlers, authenticate, envelope: envelopeOf(contract) };
