import { createHmac } from 'node:crypto';
import type { AuditKey } from '../sealing/seal.ts';

/** What a row of the audit log says, each column as the database writes it. */
export interface Entry {
  id: number;
  at: string;
  account_id: number | null;
  user_id: number | null;
  api_key_id: number | null;
  action: string;
  subject: string | null;
  /** The text of the JSON. */
  details: string | null;
  address: string | null;
  request_id: string | null;
}

/** A row in its chain. */
export interface Link extends Entry {
  seq: number;
  mac: Buffer;
  mac_key: string;
}

/** What stands before the first row. */
export const none: Buffer = Buffer.alloc(0);

/** The columns of a link, for a query of `audit_log`: `details` as text. */
export const linkColumns = `id, at, account_id, user_id, api_key_id, action, subject, details::text as details, address,
  request_id, seq, mac, mac_key`;

/** The HMAC of a row: over all its columns and the HMAC of the row before. */
export function macOf({ key, id: name }: AuditKey, before: Buffer, seq: number, row: Entry): Buffer {
  const { id, at, account_id, user_id, api_key_id, action, subject, details, address, request_id } = row;
  const said = [name, seq, id, at, account_id, user_id, api_key_id, action, subject, details, address, request_id];
  return createHmac('sha256', key).update(before).update(JSON.stringify(said)).digest();
}

/** The HMAC of a checkpoint: nobody without the key says that rows were pruned. */
export function sealOfCheckpoint({ key, id }: AuditKey, account: number, seq: number, mac: Buffer): Buffer {
  const said = ['checkpoint', id, account, seq, mac.toString('base64')];
  return createHmac('sha256', key).update(JSON.stringify(said)).digest();
}

/** The number of an account's chain: 0 for what belongs to none. */
export const chainOf = (accountId: number | null): number => accountId ?? 0;
