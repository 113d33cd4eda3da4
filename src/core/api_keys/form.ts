import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

// Our own form: 128 random bits and a checksum of what is before it, so that a typo is refused without a query.
const own = /^(mgp|lks)_[0-9a-f]{40}$/;
// Minted by other surfaces, or brought from elsewhere.
const other = /^(pipeline_sk_[\w-]{32}|[0-9A-Za-z]{40})$/;

/** A new key of our own form, `mgp_` + 32 random hex digits + 8 of CRC-32 (design.md §4). */
export function makeKey(): string {
  return withChecksum('mgp_');
}

/** A new token of a command line's session: `lks_`, and the rest as of our own keys. */
export function makeSessionToken(): string {
  return withChecksum('lks_');
}

function withChecksum(prefix: string): string {
  const random = prefix + randomBytes(16).toString('hex');
  return random + checksum(random);
}

/**
 * A new key of Mystic's form, `pipeline_sk_` + 32 URL-safe characters: 192 random bits (docs/compat/mystic.md:
 * Credentials).
 */
export function makeToken(): string {
  return `pipeline_sk_${randomBytes(24).toString('base64url')}`;
}

/** The part of a key that may be shown for ever. */
export function prefixOf(key: string): string {
  const known = ['pipeline_sk_', 'mgp_'].find((prefix) => key.startsWith(prefix)) ?? '';
  return key.slice(0, known === 'pipeline_sk_' ? 16 : known.length + 8);
}

/**
 * What a string could be as a key: `own` with a checksum that holds, `own` with one that does not, a command line's
 * session, another form, or none.
 */
export function formOf(key: string): 'checked' | 'unchecked' | 'session' | 'other' | undefined {
  const holds = key.endsWith(checksum(key.slice(0, -8)));
  const [, kind] = own.exec(key) ?? [];
  if (kind === 'lks') return holds ? 'session' : undefined;
  if (kind === 'mgp') return holds ? 'checked' : 'unchecked';
  return other.test(key) ? 'other' : undefined;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
