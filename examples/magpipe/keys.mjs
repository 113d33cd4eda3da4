// Signs in, generates an API key, uses it, revokes it, and sees 401. Node 20.19 or newer: node examples/magpipe/keys.mjs
import { env } from 'node:process';

const needed = (name, source) => {
  if (env[name]) return env[name];
  console.error(`set ${name}: ${source}`);
  process.exit(2);
};
process.on('uncaughtException', ({ message }) => {
  console.error(message);
  process.exit(1);
});

const url = env.LATCHKEY_URL ?? 'http://localhost:6789';
const email = env.LATCHKEY_OWNER_EMAIL ?? 'owner@localhost';
const password = needed(
  'LATCHKEY_OWNER_PASSWORD',
  'you choose it by the link of npm start; npm run reset-password sets another',
);
const apikey = needed('LATCHKEY_APPLICATION_KEY', 'npm start wrote it to .latchkey/env: source .latchkey/env');

const post = (path, headers, body) =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const manage = (token, body) => post('/functions/v1/manage-api-keys', { Authorization: `Bearer ${token}` }, body);
const answered = async (response) => {
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return response.json();
};

const session = await answered(await post('/auth/v1/token?grant_type=password', { apikey }, { email, password }));
console.log('signed in as', session.user.email);

const { key, id, key_prefix } = await answered(
  await manage(session.access_token, { action: 'generate', name: 'keys.mjs' }),
);
console.log('generated', `${key_prefix}...`);

const { keys } = await answered(await manage(key, { action: 'list' }));
console.log('used it at', keys.find((each) => each.id === id).last_used_at);

console.log(await answered(await manage(key, { action: 'revoke', key_id: id })));
const { status } = await manage(key, { action: 'list' });
console.log('after it was revoked:', status);
if (status !== 401) process.exit(1);
