import { Failure } from '../../contract/failure.ts';
import type { Context } from '../../core/context.ts';

/** Where images are pushed to: the operator's own registry, which asks for no token of ours. */
export async function getRegistry({ house }: Context) {
  return { url: house.config.registryUrl, special_auth: false as const };
}

/** Throws `unavailable`, always: there is no registry here that takes tokens of ours. */
export async function startUpload(): Promise<never> {
  throw new Failure(
    'unavailable',
    'No registry that gives upload tokens is configured here: push to the one of GET /v4/registry instead.',
  );
}
