// Who am I, a pipeline, an attachment, a knowledge base with a file: `npx tsx examples/maiagent/quickstart.ts`.
import { createMaiagentClient } from '../../generated/clients/typescript/index.js';

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
const baseUrl = process.env.LATCHKEY_URL ?? 'http://localhost:6789';
const apiKey = needed('LATCHKEY_API_KEY', 'npx latchkey keys create NAME prints one');

const maiagent = createMaiagentClient({ baseUrl, apiKey });
const say = (...words: unknown[]) => process.stdout.write(`${words.join(' ')}\n`);

/** The body of an answer; what is wrong ends the script, field by field. */
async function ok<Body>(call: Promise<{ data?: Body; error?: unknown; response: Response }>): Promise<Body> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data as Body;
}

const me = await ok(maiagent.GET('/users/current/'));
say('I am', me.name);

const name = `quickstart ${crypto.randomUUID()}`;
const pipeline = await ok(maiagent.POST('/pipelines/', { body: { name, tags: ['quickstart'] } }));
const { count } = await ok(maiagent.GET('/pipelines/', { params: { query: { pageSize: '1' } } }));
say('made', pipeline.id, 'of', count, 'in all, at', new Date(Number(pipeline.createdAt)).toISOString());

const content = new Blob(['question,answer\nWhere?,Here\n'], { type: 'text/csv' });
const wish = { filename: 'faq.csv', modelName: 'chatbot-file', fieldName: 'file', fileSize: content.size } as const;
const { url, fields } = await ok(maiagent.POST('/upload-presigned-url/', { body: wish }));
const form = new FormData();
for (const [field, value] of Object.entries(fields)) form.append(field, value);
form.append('file', content, 'faq.csv');
say('uploaded:', (await fetch(url, { method: 'POST', body: form })).status);

const attachment = await ok(maiagent.POST('/attachments/', { body: { filename: 'faq.csv', file: fields.key } }));
say('attached', attachment.filename, '->', (await (await fetch(attachment.file)).text()).split('\n')[1]);

const models = { embeddingModel: crypto.randomUUID(), rerankerModel: crypto.randomUUID() };
const base = await ok(maiagent.POST('/knowledge-bases/', { body: { name, ...models } }));
const path = { knowledgeBaseId: base.id };
const files = [{ file: fields.key, filename: 'faq.csv' }];
const registered = await ok(
  maiagent.POST('/knowledge-bases/{knowledgeBaseId}/files/', { params: { path }, body: { files } }),
);
say('registered', registered.results.map(({ filename }) => filename).join());

await ok(maiagent.DELETE('/knowledge-bases/{id}/', { params: { path: { id: base.id } } }));
await ok(maiagent.DELETE('/attachments/{id}/', { params: { path: { id: attachment.id } } }));
await ok(maiagent.DELETE('/pipelines/{id}/', { params: { path: { id: pipeline.id } } }));
say('deleted all of it');
