import { spans } from '../../core/credentials/spend.ts';
import type { Surface } from '../../wire/surface.ts';

/** What was said of bad credentials alone: mostly it is the same object as before. */
const said = new WeakMap<object, Record<string, string>>();

/**
 * What is left, as draft-ietf-httpapi-ratelimit-headers-10 writes it: the windows of the key that was sent, and how
 * many more bad credentials its address may send, which is the one limit of those who have no other.
 */
export const left: NonNullable<Surface['left']> = ({ limits }, address, ofKey) => {
  const failures = limits.left(address, '/v1');
  const known = failures && !ofKey ? said.get(failures) : undefined;
  if (known) return known;
  const policies: string[] = [];
  const states: string[] = [];
  for (const { per, requests, remaining, seconds } of ofKey?.windows ?? []) {
    policies.push(`"${per}";q=${requests};w=${spans[per]}`);
    states.push(`"${per}";r=${remaining};t=${seconds}`);
  }
  if (failures) {
    policies.push(`"failures";q=${failures.limit};w=60`);
    states.push(`"failures";r=${failures.remaining};t=${failures.seconds}`);
  }
  if (policies.length === 0) return {};
  const fields = { 'RateLimit-Policy': policies.join(', '), RateLimit: states.join(', ') };
  if (failures && !ofKey) said.set(failures, fields);
  return fields;
};
