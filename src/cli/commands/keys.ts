import { parseObject } from '../answer.ts';
import { boundBody, bounds } from '../bounds.ts';
import { type Column, type Command, change, type Given, printRows, type Row } from '../command.ts';
import { print, printJson, warn } from '../output.ts';
import { call } from '../server.ts';
import { Stop } from '../stop.ts';

const columns: Column[] = [
  ['ID', 'id'],
  ['NAME', 'name'],
  ['BEGINS WITH', 'key_prefix'],
  ['CREATED', 'created_at'],
  ['LAST USED', 'last_used_at'],
  ['ACTIVE', 'is_active'],
];

/** API keys, on the surface where a key may manage its siblings (docs/compat/magpipe.md: Credentials). */
export const keys: Command[] = [
  {
    name: 'keys list',
    about: 'show your keys, revoked ones too, newest first',
    calls: ['manageApiKeys'],
    sends: ['body.action'],
    columns,
    examples: ['keys list', 'keys list --json'],
    run: async ({ isJson }: Given) => {
      const { text } = await call('manageApiKeys', { body: { action: 'list' } });
      if (isJson) return printJson(text);
      printRows(columns, parseObject<{ keys?: Row[] }>(text).keys ?? []);
    },
  },
  {
    name: 'keys create',
    about: 'make a key and print it, this once',
    arguments: [{ name: 'name', about: 'what it is called, 1 to 64 characters', to: 'body.name' }],
    flags: [{ form: '--webhook-url <url>', about: 'where events of the key are sent to' }, ...bounds],
    calls: ['createKey', 'manageApiKeys'],
    examples: [
      'keys create ci',
      'keys create ci > key.txt',
      'keys create ci --scopes runs:create --expires 90d --limit 10/second --addresses 203.0.113.0/24',
    ],
    run: async (given) => {
      const { isJson, words } = given;
      const body = boundBody(given);
      const isBound = Object.keys(body).length > 1;
      if (isBound && words['webhook-url'])
        throw new Stop('usage', 'A key with bounds has no --webhook-url: make one of the two.');
      const more = words['webhook-url'] && { webhook_url: words['webhook-url'] };
      const { text } = isBound
        ? await call('createKey', { body })
        : await call('manageApiKeys', { body: { action: 'generate', ...body, ...more } });
      if (isJson) return printJson(text);
      const { key, id, webhook_secret } = parseObject<Record<string, string | null>>(text);
      print(String(key));
      warn(`Keep it: it is not shown again. Its id is ${id}.`);
      if (webhook_secret) warn(`Events are signed with ${webhook_secret}`);
    },
  },
  {
    name: 'keys revoke',
    about: 'revoke a key, at once and for good',
    arguments: [{ name: 'key', about: 'its id, or its name where only one is called so', values: ['keys'] }],
    calls: ['manageApiKeys'],
    sends: ['body.action', 'body.key_id'],
    examples: ['keys revoke ci', 'keys revoke 6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11'],
    run: async (given) => {
      const { key = '' } = given.words;
      await revoked({ ...given, body: { action: 'revoke', key_id: await keyIdOf(key) } });
    },
  },
];

const { run: revoked } = change('manageApiKeys', ({ words }) => `Revoked key ${words.key}.`);

/** The id of an active key, by its id or its name. Throws a `Stop` where none is called so, or more than one is. */
async function keyIdOf(named: string): Promise<string> {
  const [, ...parts] = /^key_(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(named) ?? [];
  if (parts.length > 0) return parts.join('-');
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(named)) return named;
  const { text } = await call('manageApiKeys', { body: { action: 'list' } });
  const all = parseObject<{ keys?: Row[] }>(text).keys ?? [];
  const ids = all.filter(({ name, is_active }) => name === named && is_active).map(({ id }) => String(id));
  if (ids.length === 0) throw new Stop('notFound', `There is no active key ${JSON.stringify(named)}: see keys list.`);
  if (ids.length > 1)
    throw new Stop('usage', `${ids.length} keys are called ${JSON.stringify(named)}. Say which: ${ids.join(', ')}.`);
  return ids[0] as string;
}
