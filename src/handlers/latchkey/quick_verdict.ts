import { type Contract, operationOf } from '../../contract/contract.ts';
import { writeJson } from '../../contract/json.ts';
import type { KeyHolder } from '../../core/credentials/holder.ts';
import { msSince, plainVerdict, type Question, refusedEarly, type Verdict } from '../../core/credentials/verdict.ts';
import { knownKey } from '../../core/credentials/verify_key.ts';
import type { House } from '../../core/house.ts';
import { covers } from '../../core/scopes.ts';
import { deciding } from '../../wire/headers.ts';
import { jsonFields, type Quick } from '../../wire/quick_answer.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { linesOf } from '../../wire/whole.ts';
import { goodKey, knownUser } from './quick_key.ts';

/** A verdict but for the time that it took: what stands before and behind that, and how long both are in bytes. */
interface Written {
  before: string;
  after: string;
  bytes: number;
  isGood: boolean;
}

/**
 * Says at once whether a key is good: what `verifyKey` answers, by the same functions, where both keys are known for certain and nothing
 * has to be counted. Whatever else is asked goes the usual way. One test holds both ways to the same bytes.
 */
export function quickVerdict(house: House, contract: Contract, envelope: Envelope): Quick {
  const operation = operationOf(contract, 'verifyKey');
  const path = `${contract.servers[0]?.url}${operation.path}`;
  const answer = envelope.answer(operation, contract);
  const lines = linesOf(jsonFields);
  const around = (verdict: Verdict): Written => {
    // Nothing that somebody has named stands behind it: `ms` is its last attribute.
    const text = `${writeJson(answer(verdict, undefined as unknown as Request))}\n`;
    const at = text.lastIndexOf('"ms":') + 5;
    const [before, after] = [text.slice(0, at), text.slice(text.indexOf('}', at))];
    return { before, after, bytes: Buffer.byteLength(before) + after.length, isGood: verdict.valid };
  };
  const good = new WeakMap<KeyHolder, Written>();
  /** Undefined where something has to be counted. */
  const writtenOf = (holder: KeyHolder, question: Question): Written | undefined => {
    const { user, held } = knownUser(holder);
    const known = refusedEarly(holder, held, question) === undefined ? good.get(holder) : undefined;
    if (known) return known;
    const verdict = plainVerdict(holder, user, question, 0);
    const written = verdict && around(verdict);
    if (written?.isGood) good.set(holder, written);
    return written;
  };

  return {
    operation,
    vary: deciding(contract)(operation.security),
    answer(request, caller, body) {
      const start = performance.now();
      const question = request.url === path ? questionIn(body) : undefined;
      const asking = question && goodKey(house, request, caller, operation.cost);
      if (!asking) return undefined;
      const { user, whose } = knownUser(asking);
      if (!covers(user.key.scopes, operation.scope)) return undefined;
      const holder = knownKey(house, question.key)?.row;
      if (!holder || holder.account_id !== asking.account_id) return undefined;
      const written = writtenOf(holder, question);
      if (!written) return undefined;
      const { before, after, bytes, isGood } = written;
      house.usedKeys.note(asking.id, caller);
      if (isGood) house.usedKeys.note(holder.id, { address: question.address });
      const ms = String(msSince(start));
      return { status: operation.success, lines, text: before + ms + after, length: bytes + ms.length, whose };
    },
  };
}

const names: ReadonlySet<string> = new Set(['key', 'scopes', 'address']);

/** What a body asks, where it is plainly as the contract has it; what a call would cost is left to the usual way. */
function questionIn(body: unknown): Question | undefined {
  if (!body || typeof body !== 'object' || !Object.keys(body).every((name) => names.has(name))) return undefined;
  const { key, scopes, address } = body as Record<string, unknown>;
  const isText = (value: unknown, least: number, most: number): value is string =>
    typeof value === 'string' && value.length >= least && value.length <= most;
  if (!isText(key, 1, 512) || (address !== undefined && !isText(address, 0, 64))) return undefined;
  if (
    scopes !== undefined &&
    !(Array.isArray(scopes) && scopes.length <= 64 && scopes.every((one) => isText(one, 0, 64)))
  )
    return undefined;
  return body as Question;
}
