import { type Contract, operationsOf } from '../../contract/contract.ts';
import { writeJson } from '../../contract/json.ts';
import { isCounted } from '../../core/credentials/spend.ts';
import { type KeyHolder, keyPrincipal, knownKey } from '../../core/credentials/verify.ts';
import type { House } from '../../core/house.ts';
import { isWithin } from '../../core/ip_network.ts';
import { remembered } from '../../core/known_texts.ts';
import { effective } from '../../core/scopes.ts';
import { acceptsJson } from '../../wire/accept_header.ts';
import { deciding } from '../../wire/headers.ts';
import { type Quick, type QuickAnswer, quickJson } from '../../wire/quick_answer.ts';
import { missingOf, passed } from './verification.ts';

/** What is the same in all answers about one key, for as long as the memory holds it. */
interface Pass {
  held: string[];
  /** Whether each of its calls is counted in the database. */
  isCounted: boolean;
  answer: QuickAnswer;
}

/**
 * Lets a request through at once whose key is known for certain and is good: what `forwardAuth` answers, by the same functions.
 * Whatever else is asked, or is to be refused, goes the usual way. One test holds both ways to the same bytes.
 */
export function quickPass(house: House, contract: Contract): Quick {
  const operation = operationsOf(contract).find(({ id }) => id === 'forwardAuth');
  if (!operation) throw new Error('the contract has no forwardAuth');
  const path = `${contract.servers[0]?.url}${operation.path}`;
  const passes = new WeakMap<KeyHolder, Pass>();
  const passOf = (holder: KeyHolder): Pass => {
    const known = passes.get(holder);
    if (known) return known;
    const user = keyPrincipal(holder);
    const held = effective(user);
    const { body, headers } = passed(user, holder.user_uuid, held);
    const whose = { accountId: user.accountId, key: user.key.uuid };
    const answer = quickJson(operation.success, Object.entries(headers), `${writeJson(body)}\n`, whose);
    const made = { held, isCounted: isCounted(user.key, operation.cost), answer };
    passes.set(holder, made);
    return made;
  };

  return {
    operation,
    vary: deciding(contract)(operation.security),
    answer({ headers, url }, { address }) {
      const token = bearerOf(headers.authorization);
      const scopes = url === path ? '' : scopesIn((url as string).slice(path.length + 1));
      if (token === undefined || scopes === null || !acceptsJson(headers.accept)) return undefined;
      const holder = knownKey(house, token)?.row;
      if (!holder || holder.dead) return undefined;
      const pass = passOf(holder);
      const { addresses } = holder;
      if (pass.isCounted || (addresses.length > 0 && !isWithin(address, addresses))) return undefined;
      if (scopes !== '' && missingOf(pass.held, scopes) !== undefined) return undefined;
      house.usedKeys.note(holder.id, { address });
      return pass.answer;
    },
  };
}

/** The key that a request carries, where nothing of it is out of the ordinary. */
export function bearerOf(header: string | undefined): string | undefined {
  return header !== undefined && /^Bearer [\x21-\x2d\x2f-\x7e]+$/.test(header) ? header.slice(7) : undefined;
}

const scopesIn = remembered((query): string | null => {
  const [, scopes] = /^scope=([\w:*-]{1,100}(?:(?:%20|\+)[\w:*-]{1,100}){0,4})$/.exec(query) ?? [];
  return scopes === undefined ? null : scopes.replace(/%20|\+/g, ' ');
});
