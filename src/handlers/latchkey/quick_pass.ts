import { type Contract, operationOf } from '../../contract/contract.ts';
import { writeJson } from '../../contract/json.ts';
import type { KeyHolder } from '../../core/credentials/holder.ts';
import type { House } from '../../core/house.ts';
import { remembered } from '../../core/known_texts.ts';
import { deciding } from '../../wire/headers.ts';
import { jsonFields, type Quick, type QuickAnswer } from '../../wire/quick_answer.ts';
import { linesOf } from '../../wire/whole.ts';
import { goodKey, knownUser } from './quick_key.ts';
import { missingOf, passed } from './verification.ts';

/**
 * Lets a request through at once whose key is known for certain and is good: what `forwardAuth` answers, by the same functions.
 * Whatever else is asked, or is to be refused, goes the usual way. One test holds both ways to the same bytes.
 */
export function quickPass(house: House, contract: Contract): Quick {
  const operation = operationOf(contract, 'forwardAuth');
  const path = `${contract.servers[0]?.url}${operation.path}`;
  const answers = new WeakMap<KeyHolder, QuickAnswer>();
  const answerTo = (holder: KeyHolder): QuickAnswer => {
    const known = answers.get(holder);
    if (known) return known;
    const { user, held, whose } = knownUser(holder);
    const { body, headers } = passed(user, holder.user_uuid, held);
    const lines = linesOf([...Object.entries(headers), ...jsonFields]);
    const text = `${writeJson(body)}\n`;
    const made = { status: operation.success, lines, text, length: Buffer.byteLength(text), whose };
    answers.set(holder, made);
    return made;
  };

  return {
    operation,
    vary: deciding(contract)(operation.security),
    answer(request, caller) {
      const url = request.url as string;
      const scopes = url.length === path.length ? '' : scopesIn(url.slice(path.length + 1));
      const holder = scopes === null ? undefined : goodKey(house, request, caller, operation.cost);
      if (!holder) return undefined;
      if (scopes && missingOf(knownUser(holder).held, scopes) !== undefined) return undefined;
      house.usedKeys.note(holder.id, caller);
      return answerTo(holder);
    },
  };
}

const scopesIn = remembered((query): string | null => {
  const [, scopes] = /^scope=([\w:*-]{1,100}(?:(?:%20|\+)[\w:*-]{1,100}){0,4})$/.exec(query) ?? [];
  return scopes === undefined ? null : scopes.replace(/%20|\+/g, ' ');
});
