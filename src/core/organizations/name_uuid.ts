import { createHash } from 'node:crypto';

/** A UUID for what has a name alone, the same on every installation (RFC 9562 §5.5, the bytes hashed as they are). */
export function uuidOfName(kind: string, name: string): string {
  const hex = createHash('sha1').update(`latchkey ${kind} ${name}`).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}
