// Who am I, a pipeline, an attachment, a knowledge base with a file: `npx tsx examples/maiagent/quickstart.ts`.
import { createMaiagent } from '../../generated/clients/typescript/index.js';

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
const apiKey = needed('LATCHKEY_API_KEY', 'npx latchkey keys create NAME prints one');

const maiagent = createMaiagent({ url, apiKey });
const say = (...words: unknown[]) => process.stdout.write(`${words.join(' ')}\n`);

const me = await maiagent.users.getCurrent();
say('I am', me.name);

const name = `quickstart ${crypto.randomUUID()}`;
const pipeline = await maiagent.pipelines.create({ name, tags: ['quickstart'] });
const { count } = await maiagent.pipelines.list({ pageSize: '1' });
say('made', pipeline.id, 'of', count, 'in all, at', new Date(Number(pipeline.createdAt)).toISOString());

const content = new Blob(['question,answer\nWhere?,Here\n'], { type: 'text/csv' });
const wish = { filename: 'faq.csv', modelName: 'chatbot-file', fieldName: 'file', fileSize: content.size } as const;
const { url: to, fields } = await maiagent.files.createPresignedUpload(wish);
const form = new FormData();
for (const [field, value] of Object.entries(fields)) form.append(field, value);
form.append('file', content, 'faq.csv');
say('uploaded:', (await fetch(to, { method: 'POST', body: form })).status);

const attachment = await maiagent.attachments.create({ filename: 'faq.csv', file: fields.key });
say('attached', attachment.filename, '->', (await (await fetch(attachment.file)).text()).split('\n')[1]);

const models = { embeddingModel: crypto.randomUUID(), rerankerModel: crypto.randomUUID() };
const base = await maiagent.knowledgeBases.create({ name, ...models });
const files = [{ file: fields.key, filename: 'faq.csv' }];
const registered = await maiagent.knowledgeBases.registerFiles(base.id, { files });
say('registered', registered.results.map(({ filename }) => filename).join());

await maiagent.knowledgeBases.delete(base.id);
await maiagent.attachments.delete(attachment.id);
await maiagent.pipelines.delete(pipeline.id);
say('deleted all of it');
