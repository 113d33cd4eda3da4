import { parseObject } from './answer.ts';
import { call } from './server.ts';
import { Stop } from './stop.ts';

interface Key {
  id: string;
  name: string;
  state: string;
}

/**
 * The id that /v1 knows a key by, of an id of either form or a name. The old one of a rotation is not meant by its name. Throws a
 * `Stop` where none is called so, or more than one is.
 */
export async function keyIdOf(named = ''): Promise<string> {
  const [digits] = /^[\da-f]{32}$/.exec(named.replace(/^key_/, '').replaceAll('-', '').toLowerCase()) ?? [];
  if (digits) return `key_${digits}`;
  const { text } = await call('listKeys', { query: { name: named, limit: 1000 } });
  const { results } = parseObject<{ results: Key[] }>(text);
  const ids = results
    .filter(({ name, state }) => name === named && (state === 'active' || state === 'disabled'))
    .map(({ id }) => id);
  if (ids.length === 0) throw new Stop('notFound', `There is no key ${JSON.stringify(named)}: see keys list.`);
  if (ids.length > 1)
    throw new Stop('usage', `${ids.length} keys are called ${JSON.stringify(named)}. Say which: ${ids.join(', ')}.`);
  return ids[0] as string;
}
