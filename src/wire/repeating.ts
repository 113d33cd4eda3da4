import { createHash } from 'node:crypto';
import { type Contract, type Node, type Operation, resolve } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import { writeJson } from '../contract/json.ts';
import type { Context } from '../core/context.ts';
import { answeredBefore, type Repeatable, remember, takeTurn } from '../core/idempotency.ts';
import type { Principal } from '../core/principal.ts';
import type { Request } from './surface.ts';
import type { Uploads } from './uploads.ts';

interface Once {
  request: Request;
  operation: Operation;
  principal: Principal;
  db: Context['db'];
  uploads: Uploads;
}

/** What was answered, and whether that was an earlier time. */
export interface Answered {
  body: unknown;
  replayed: boolean;
}

/**
 * Made once per operation that declares an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): does the work of a
 * request that carries one at most once within 24 hours. Work and answer are one transaction, so whoever is killed in
 * between has done neither; what failed is not kept, and may be sent again. Throws `conflict` for one that is being worked on,
 * `mismatch` for another request with the same key.
 */
export function repeating(contract: Contract, { answer }: Operation) {
  const properties = ((answer && resolve(contract, answer).properties) ?? {}) as Record<string, Node>;
  const secrets = Object.keys(properties).filter((name) => properties[name]?.['x-secret']);
  return async (
    { request, operation, principal, db, uploads }: Once,
    work: (db: Context['db']) => Promise<unknown>,
  ): Promise<Answered> => {
    const key = request.get('idempotency-key');
    if (key === undefined || principal.kind !== 'user') return { body: await work(db), replayed: false };
    const asked: Repeatable = {
      principal,
      hash: sha256(key),
      fingerprint: sha256(writeJson([request.method, request.url, request.body ?? null, filesIn(uploads)])),
    };
    return db.transaction(async (trx) => {
      if (!(await takeTurn(trx, asked)))
        throw new Failure('conflict', 'A request with this Idempotency-Key is being worked on.');
      const before = await answeredBefore(trx, asked);
      if (before) return { body: before.body === null ? undefined : JSON.parse(before.body), replayed: true };
      const body = await work(trx);
      const kept = body && Object.fromEntries(Object.entries(body).map(([name, value]) => [name, shown(name, value)]));
      await remember(trx, asked, operation.success, kept === undefined ? null : writeJson(kept));
      return { body, replayed: false };
    });
  };
  function shown(name: string, value: unknown) {
    return secrets.includes(name) ? null : value;
  }
}

/** What makes an upload the same: what it is called, how long it is, and what is in it. */
function filesIn(uploads: Uploads) {
  return Object.entries(uploads).map(([field, { name, size, sha256 }]) => [field, name, size, sha256]);
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
