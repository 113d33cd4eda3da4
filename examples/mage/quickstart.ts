// Sign in to the Mage surface, list the pipelines, print them: `npx tsx examples/mage/quickstart.ts`.
// Every error of the server ends it, those that come as HTTP 200 included: the client throws them all.
import { createMage } from '../../generated/clients/typescript/index.js';

/** What goes wrong is one line, not a stack. */
process.on('uncaughtException', ({ message }) => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
});

/** A variable that has no default. */
function needed(name: string, source: string): string {
  const value = process.env[name];
  if (value) return value;
  process.stderr.write(`set ${name}: ${source}\n`);
  process.exit(2);
}
const url = process.env.LATCHKEY_URL ?? 'http://localhost:6789';
const email = process.env.LATCHKEY_OWNER_EMAIL ?? 'owner@localhost';
const password = needed(
  'LATCHKEY_OWNER_PASSWORD',
  'you choose it by the link of npm start; npm run reset-password sets another',
);
const applicationKey = needed('LATCHKEY_APPLICATION_KEY', 'npm start wrote it to .latchkey/env: source .latchkey/env');

const guest = createMage({ url, applicationKey });
const { session } = await guest.sessions.create({ session: { email, password } });

const mage = createMage({ url, applicationKey, mageToken: session.token });
const { pipelines, metadata } = await mage.pipelines.list();

process.stdout.write(`${JSON.stringify({ pipelines, metadata }, null, 2)}\n`);
