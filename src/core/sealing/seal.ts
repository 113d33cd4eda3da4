import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/** Seals secrets that have to be read again: what the database keeps of them is nothing without a key from outside it. */
export interface Seal {
  /** The sealed form of a text. It opens at its `place` only (`api_keys/<uuid>`), so that rows cannot be swapped. */
  seal(text: string, place: string): string;
  /** The text again. Throws for another key, another place, or a changed byte. */
  open(sealed: string, place: string): string;
  /** Signs the audit log: another key of the same secret. */
  readonly auditKey: AuditKey;
}

/** A key of HMACs, by a name that says nothing of it. */
export interface AuditKey {
  id: string;
  key: Buffer;
}

const mark = 'sealed:1:';
const nonceBytes = 12;
const tagBytes = 16;

/** Whether a value is sealed: rows of earlier versions, and rows put in by hand, are in clear until the next start. */
export function isSealed(value: string): boolean {
  return value.startsWith(mark);
}

/**
 * AES-256-GCM (NIST SP 800-38D) under a key that HKDF makes of the secret, with 96 random bits of nonce for each value: we
 * seal thousands of values, far from the 2^32 that one key may.
 */
export function sealOf(secret: string): Seal {
  const keyFor = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', use, 32));
  const key = keyFor('latchkey secrets at rest');
  const chain = keyFor('latchkey audit log');
  return {
    auditKey: { key: chain, id: createHash('sha256').update(chain).digest('hex').slice(0, 16) },

    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return mark + Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
    },

    open(sealed, place) {
      const bytes = Buffer.from(isSealed(sealed) ? sealed.slice(mark.length) : '', 'base64url');
      if (bytes.length < nonceBytes + tagBytes) throw new Error(`${place} is not sealed`);
      const nonce = bytes.subarray(0, nonceBytes);
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(place)).setAuthTag(bytes.subarray(-tagBytes));
      const opened = [decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()];
      return Buffer.concat(opened).toString('utf8');
    },
  };
}
