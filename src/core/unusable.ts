import { Failure } from '../contract/failure.ts';

/** What the contract lets through and the resource cannot use; Mage has an exception for it, with this sentence. */
export function unusable(what: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { reason: { unusable: what } });
}
