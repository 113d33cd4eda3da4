import bundle from '../../../generated/latchkey.json' with { type: 'json' };
import type { Contract } from '../../contract/contract.ts';
import type { Surface } from '../../wire/surface.ts';
import { authenticate } from './authenticate.ts';
import { envelopeOf } from './envelope.ts';
import { left } from './left.ts';
import { handlers } from './operations.ts';
import { quickPass } from './quick_pass.ts';
import { quickVerdict } from './quick_verdict.ts';

const contract = bundle as unknown as Contract;
const envelope = envelopeOf(contract);

/** Latchkey's own API under `/v1`: what none of the other four has. */
export const surface: Surface = {
  name: 'latchkey',
  contract,
  handlers,
  authenticate,
  envelope,
  left,
  quick: (house) => [quickPass(house, contract), quickVerdict(house, contract, envelope)],
};
