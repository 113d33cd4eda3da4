// Sign in to the Mage surface, list the pipelines, print them: `npx tsx examples/mage/quickstart.ts`.
// Every error of the server ends it, those that come as HTTP 200 included: that is what `unwrap` is for.
import { createMageClient, unwrap } from '../../generated/clients/typescript/index.js';

// biome-ignore-start lint/style/noProcessEnv: a script of yours, not a part of the server
const baseUrl = process.env.MAGE_URL ?? 'http://localhost:6789';
const email = process.env.MAGE_EMAIL ?? 'owner@localhost';
const password = process.env.MAGE_PASSWORD ?? '';
const apiKey = process.env.MAGE_API_KEY ?? '';
// biome-ignore-end lint/style/noProcessEnv: see above

const guest = createMageClient({ baseUrl, apiKey });
const { session } = await unwrap(guest.POST('/sessions', { body: { session: { email, password } } }));

const mage = createMageClient({ baseUrl, apiKey, token: session.token });
const { pipelines, metadata } = await unwrap(mage.GET('/pipelines'));

process.stdout.write(`${JSON.stringify({ pipelines, metadata }, null, 2)}\n`);
