import contract from '../../../generated/mage.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelope } from './envelope.ts';
import { handlers } from './operations.ts';

const bundle = contract as unknown as Contract;

/** Mage's API under `/api`: scripts with an `api_key` and an OAuth token. */
export const surface: Surface = { name: 'mage', contract: bundle, handlers, authenticate, envelope: envelope(bundle) };
