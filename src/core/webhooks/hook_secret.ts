import { createHmac, randomBytes } from 'node:crypto';

/** What signs the messages of an endpoint, as standard-webhooks writes it: `whsec_` and 32 random bytes in base64. */
export function makeHookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** A message on its way, as its signature covers it. */
export interface Message {
  id: string;
  /** When it is sent; seconds since 1970. */
  timestamp: number;
  body: string;
}

/** The headers of a message (standard-webhooks: `webhook-id`, `webhook-timestamp`), without its signature. */
export function messageHeaders({ id, timestamp }: Omit<Message, 'body'>): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Latchkey',
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
  };
}

/** `webhook-signature`: HMAC-SHA256 of id, time and body with each secret, the newest first, with spaces between them. */
export function signatureOf({ id, timestamp, body }: Message, secrets: readonly string[]): string {
  return secrets
    .map((secret) => createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')))
    .map((mac) => `v1,${mac.update(`${id}.${timestamp}.${body}`).digest('base64')}`)
    .join(' ');
}
