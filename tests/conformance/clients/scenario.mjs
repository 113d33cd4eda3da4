// The scenario of the clients, in TypeScript's: a line for each step, its name and what came of it. See run.mjs.
import { randomBytes } from 'node:crypto';
import { createLatchkey, LatchkeyError, verifyWebhook } from '../../../generated/clients/typescript/index.js';

const { SCENARIO_URL: url, SCENARIO_CONTROL: control, SCENARIO_PASSWORD: password } = process.env;
const told = async (method, path) => (await fetch(control + path, { method })).json();
const say = (step, result) => console.log(`${step}\t${result}`);
const wrong = `mgp_${'0'.repeat(40)}`;

async function refused(step, act, more = () => '') {
  try {
    await act();
    say(step, 'was let through');
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    say(step, `${error.name} ${error.status}${more(error)}`);
  }
}

async function all(list) {
  const found = [];
  for await (const item of list) found.push(item);
  return found;
}

const who = async (client) => {
  const me = await client.me.get();
  return `${me.email}, by a ${me.credential.kind}`;
};
const byKey = (apiKey, more = {}) => createLatchkey({ url, apiKey, ...more });

const guest = createLatchkey({ url });
let tokens = await guest.sessions.create({ email: 'owner@example.com', password });
const session = createLatchkey({ url, session: tokens, onSession: (next) => (tokens = next) });
say('sign in', await who(session));

const made = await session.keys.create({ name: 'scenario in TypeScript' });
say('mint', `${made.key.slice(0, 4)}, ${made.state}`);
const c = byKey(made.key);
say('use', await who(c));

const ids = (await all(c.pipelines.list({ limit: 100 }))).map(({ id }) => id);
const page = await c.pipelines.list({ limit: 100 });
say('page through 250', `${new Set(ids).size} distinct of ${page.count}, first page ${page.results.length}`);

const content = randomBytes(20 << 20);
let last = [];
const onProgress = (...sent) => (last = sent);
const file = await c.files.upload({ file: new File([content], 'twenty.bin') }, { onProgress });
const back = Buffer.from(await (await c.files.download(file.id)).arrayBuffer());
const end = last[0] === last[1] && last[0] >= content.length ? 'told to the end' : last.join(' of ');
say('20 MB up and down', `${back.length} bytes, ${back.equals(content) ? 'the same' : 'another'}, ${end}`);
await c.files.delete(file.id);

await refused('401', () => byKey(wrong).me.get());
const reader = await session.keys.create({ name: 'reader in TypeScript', scopes: ['pipelines:read'] });
await refused('403', () => byKey(reader.key).pipelines.create({ name: 'not this one' }));
const named = ({ requestId }) => (requestId ? ', named in the log' : '');
await refused('404', () => c.pipelines.get(`pip_${'0'.repeat(32)}`), named);
await refused('404 of MaiAgent', () => c.maiagent.pipelines.get('00000000-0000-4000-8000-000000000000'));
await refused('404 of Mystic', () => c.mystic.pipelines.get(`pipeline_${'0'.repeat(32)}`));
await refused('401 of Mage, with 200', async () => await byKey(wrong).mage.pipelines.list());
const [first] = (await c.pipelines.list({ limit: 1 })).results;
await refused('412', () => c.pipelines.update(first.id, { description: 'x' }, { ifMatch: '"not this one"' }));
await refused(
  '400, by field',
  () => c.keys.create({ name: '' }),
  ({ fields }) => `: ${Object.keys(fields).join(', ')}`,
);
const slow = await session.keys.create({ name: 'once in TypeScript', limits: [{ requests: 1, per: 'hour' }] });
const once = byKey(slow.key, { retries: 0 });
await once.me.get();
await refused(
  '429',
  () => once.me.get(),
  ({ retryAfter }) => (retryAfter ? ', says when' : ''),
);
await refused('nobody there', () =>
  createLatchkey({ url: 'http://127.0.0.1:1', apiKey: made.key, retries: 1 }).me.get(),
);

const limits = [{ requests: 2, per: 'second' }];
const brisk = byKey((await session.keys.create({ name: 'brisk in TypeScript', limits })).key);
let count = 0;
for (let call = 0; call < 5; call += 1) if (await brisk.me.get()) count += 1;
say('limited, and goes on', `${count} of 5`);

const damaged = { ...tokens, access_token: `${tokens.access_token.slice(0, -4)}AAAA` };
const stale = createLatchkey({ url, session: damaged });
const before = await told('GET', '/refreshes');
const answers = await Promise.all(Array.from({ length: 20 }, () => stale.me.get()));
say('20 calls, one refresh', `${answers.length} of 20, ${(await told('GET', '/refreshes')) - before} refresh`);

await told('POST', '/cut');
const single = await c.pipelines.create({ name: 'made once in TypeScript' });
const same = (await all(c.pipelines.list({ limit: 1000 }))).filter(({ name }) => name === single.name).length;
const sent = (await told('GET', '/cuts')) === 2 ? 'twice' : 'else';
say('an answer that was cut', `made ${same === 1 ? 'once' : same}, sent ${sent}`);
await c.pipelines.delete(single.id);

const lengths = [
  await all(c.pipelines.list({ limit: 100 })),
  await all(c.mage.pipelines.list({ _limit: 100 })),
  await all(c.mystic.pipelines.list({ limit: 100 })),
  await all(c.maiagent.pipelines.list({ pageSize: '100' })),
];
say('all surfaces', lengths.map(({ length }) => length).join(', '));

const hook = await c.webhooks.create({ url: `${control}/hook/typescript`, events: ['pipeline.created'] });
const extra = await c.pipelines.create({ name: 'told of in TypeScript' });
let message = null;
for (let tries = 0; tries < 300 && !message; tries += 1) {
  message = await told('GET', '/hook/typescript');
  if (!message) await new Promise((resolve) => setTimeout(resolve, 100));
}
const event = await verifyWebhook(message.body, message.headers, hook.secret);
const changed = await verifyWebhook(`${message.body} `, message.headers, hook.secret).then(
  () => 'a changed one taken',
  () => 'a changed one refused',
);
say('a webhook', `${event.type}, ${changed}`);
await c.webhooks.delete(hook.id);
await c.pipelines.delete(extra.id);

await told('POST', '/restart');
say('the server starts again', (await c.me.get()).email);

await c.keys.revoke(made.id);
await refused('revoke', () => c.me.get());
