import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Contract, type Node, type Operation, resolve } from '../../src/contract/contract.ts';
import { contractChecker } from '../support/contract.ts';
import { contracts, type Everything, openEverything, operations, type Told } from '../support/everything.ts';

let all: Everything;
let headers: Record<string, Record<string, string>>;
/** One row for each path that leads to one, by the surface and the path. */
let rows: Record<string, string>;

beforeAll(async () => {
  all = await openEverything();
  const { Cookie, 'X-API-KEY': key, ...bearer } = all.credentials as Record<string, string>;
  headers = Object.fromEntries(Object.keys(contracts).map((name) => [name, bearer]));
  headers.mage = { 'X-API-KEY': key as string, Cookie: Cookie as string };
  rows = await furnish();
});
afterAll(() => all.close());

/** Sends a body as JSON, and gives the answer with what it means: Mage's errors are HTTP 200. */
async function ask(surface: string, method: string, path: string, sent?: unknown) {
  const type = sent === undefined ? {} : { 'Content-Type': 'application/json' };
  // Who is signed in already cannot sign in to Mage, and who signs out is not.
  const { Cookie: _, ...signedOut } = headers.mage as Record<string, string>;
  const by = path.startsWith('/api/sessions') ? signedOut : headers[surface];
  const answer = await all.tell(method, path, { ...by, ...type }, sent === undefined ? sent : JSON.stringify(sent));
  return { ...answer, code: meaning(surface, method, path, answer) };
}

const checks = Object.fromEntries(
  Object.entries(contracts).map(([name, contract]) => [name, contractChecker(contract)]),
);
function meaning(surface: string, method: string, path: string, { status, headers: told, text }: Told): number {
  const type = told['content-type'] ?? '';
  if (!type.startsWith('application/json')) return status;
  const body = JSON.parse(text);
  const at = path.slice(contracts[surface]?.servers[0]?.url.length);
  expect(checks[surface]?.(method, at, { status, type, body })).toBeUndefined();
  return surface === 'mage' && body.error ? body.error.code : status;
}

async function furnish(): Promise<Record<string, string>> {
  const { db, installation } = all.house;
  const account_id = installation.accountId;
  const made = async (surface: string, path: string, body: object) =>
    JSON.parse((await ask(surface, 'POST', path, body)).text);
  const { pipeline_schedule } = await made('mage', '/api/pipelines', { pipeline: { name: 'one' } }).then(() =>
    made('mage', '/api/pipelines/one/pipeline_schedules', { pipeline_schedule: { name: 'one' } }),
  );
  const person = { email: 'a@b.example', username: 'a', password: 'analytical_engine' };
  const { user } = await made('mage', '/api/users', {
    user: { ...person, password_confirmation: person.password, roles_new: [4] },
  });
  const pipeline = { name: 'two', image: 'two', input_variables: [], output_variables: [] };
  const { id: pipeline_id } = await made('mystic', '/v4/pipelines', pipeline);
  await made('mystic', '/v4/pointers', { pointer: 'owner/two:one', pointer_or_pipeline_id: pipeline_id });
  await made('mystic', '/v4/scaling-configs', { name: 'owner/one' });
  const { id: token_id } = await made('mystic', '/v4/tokens', {});
  const { id: mine } = await made('maiagent', '/api/v1/pipelines/', { name: 'three' });
  const { id: base } = await made('maiagent', '/api/v1/knowledge-bases/', { name: 'one' });
  const { id: label } = await made('maiagent', `/api/v1/knowledge-bases/${base}/labels/`, { name: 'one' });
  const named = { name: 'one.txt', media_type: 'text/plain', size: 0, sha256: '0'.repeat(64) };
  const [file] = await db('files')
    .insert({ account_id, ...named })
    .returning('id');
  const its = { file_id: file?.id as string, filename: 'one.txt' };
  const [attachment] = await db('attachments')
    .insert({ account_id, type: 'other', ...its })
    .returning('id');
  const [entry] = await db('knowledge_base_files')
    .insert({ knowledge_base_id: base, ...its })
    .returning('id');
  const { id: key } = await made('latchkey', '/v1/keys', { name: 'one' });
  return {
    'latchkey /keys/{id}': `/keys/${key}`,
    'latchkey /keys/{id}/rotate': `/keys/${key}/rotate`,
    'latchkey /pipelines/{id}': `/pipelines/${mine}`,
    'mage /sessions/{id}': '/sessions/1',
    'mage /pipelines/{id}': '/pipelines/one',
    'mage /pipelines/{parent_id}/pipeline_schedules': '/pipelines/one/pipeline_schedules',
    'mage /pipelines/{parent_id}/pipeline_schedules/{id}': `/pipelines/one/pipeline_schedules/${pipeline_schedule.id}`,
    'mage /pipeline_schedules/{id}': `/pipeline_schedules/${pipeline_schedule.id}`,
    'mage /users/{id}': `/users/${user.id}`,
    'mage /roles/{id}': '/roles/4',
    'mystic /tokens/{token_id}': `/tokens/${token_id}`,
    'mystic /pipelines/{pipeline_id}': `/pipelines/${pipeline_id}`,
    'mystic /pipelines/{pipeline_id}/clone': `/pipelines/${pipeline_id}/clone`,
    'mystic /pipelines/{pipeline_id}/container': `/pipelines/${pipeline_id}/container`,
    'mystic /pointers/{pointer}': '/pointers/owner/two:one',
    'mystic /scaling-configs/{name}': '/scaling-configs/owner/one',
    'mysticV3 /pointers/{pointer}': '/pointers/owner/two:one',
    'maiagent /pipelines/{id}/': `/pipelines/${mine}/`,
    'maiagent /attachments/{id}/': `/attachments/${attachment?.id}/`,
    'maiagent /knowledge-bases/{id}/': `/knowledge-bases/${base}/`,
    'maiagent /knowledge-bases/{knowledgeBaseId}/labels/': `/knowledge-bases/${base}/labels/`,
    'maiagent /knowledge-bases/{knowledgeBaseId}/labels/{id}/': `/knowledge-bases/${base}/labels/${label}/`,
    'maiagent /knowledge-bases/{knowledgeBaseId}/files/': `/knowledge-bases/${base}/files/`,
    'maiagent /knowledge-bases/{knowledgeBaseId}/files/batch-delete/': `/knowledge-bases/${base}/files/batch-delete/`,
    'maiagent /knowledge-bases/{knowledgeBaseId}/files/{id}/': `/knowledge-bases/${base}/files/${entry?.id}/`,
    'maiagent /knowledge-bases/{knowledgeBaseId}/files/{id}/update-metadata/': `/knowledge-bases/${base}/files/${entry?.id}/update-metadata/`,
  };
}

/** The path of an operation, with a row that is there; where none was made, the answer may be that there is none. */
function pathOf(surface: string, { path }: Operation): string {
  const at = rows[`${surface} ${path}`] ?? path.replaceAll(/\{\w+\}/g, '0');
  return `${contracts[surface]?.servers[0]?.url}${at}`;
}

const isThere = (surface: string, { path }: Operation, text: string) =>
  !path.includes('{') || `${surface} ${path}` in rows || !/not found|does not exist/i.test(text);

const withJson = operations.flatMap(([surface, , operation]) =>
  operation.accepts.includes('application/json') && !operation.signed
    ? [[surface, operation.id, operation] as const]
    : [],
);

/** What each surface says of what does not fit. */
const refusal: Record<string, number> = { mystic: 422, mysticV3: 422 };

describe('B26: no body, as the contract has it', () => {
  it.each(withJson)('%s %s', async (surface, _id, operation) => {
    const { code, text } = await ask(surface, operation.method, pathOf(surface, operation));
    if (!isThere(surface, operation, text)) return;
    if (operation.needsBody) expect([code, text]).toEqual([refusal[surface] ?? 400, text]);
    // An update of nothing; signed out, Mage lets nobody sign out.
    else if (operation.method !== 'POST' && operation.id !== 'updateSession') {
      expect([code, text]).toEqual([operation.id === 'updateRole' ? 403 : 200, text]);
    }
  });
});

describe('B26: null, wherever the contract has a property', () => {
  it.each(withJson)('%s %s', async (surface, _id, operation) => {
    const contract = contracts[surface] as Contract;
    const path = pathOf(surface, operation);
    for (const [place, isTaken] of properties(contract, operation.request as Node)) {
      const { status, code, text } = await ask(
        surface,
        operation.method,
        path,
        withNull(example(surface, operation), place),
      );
      const isNamed = new RegExp(`\\b${place.at(-1)}\\b`).test(text);
      const isRefused = (code === 400 || code === 422) && isNamed;
      if (isTaken !== undefined && isThere(surface, operation, text))
        expect([place, isRefused, text]).toEqual([place, !isTaken, text]);
      expect([status === 500, text.includes('Something went wrong'), text]).toEqual([false, false, text]);
    }
  });
});

it('B26: a pipeline of Mage’s has what a new one has where null comes', async () => {
  const created = await ask('mage', 'POST', '/api/pipelines', { pipeline: { name: 'nulls', type: null, tags: null } });
  expect(JSON.parse(created.text).pipeline).toMatchObject({ type: 'python', tags: [] });
  const given = {
    type: 'streaming',
    tags: ['a'],
    extensions: { a: {} },
    cache_block_output_in_memory: true,
    concurrency_config: { a: 1 },
    retry_config: { retries: 1 },
    run_pipeline_in_one_process: true,
    settings: { triggers: { save_in_code_automatically: true } },
    description: 'x',
    executor_type: 'k8s',
    data_integration: { a: 1 },
  };
  const set = await ask('mage', 'PUT', '/api/pipelines/nulls', { pipeline: given });
  expect(JSON.parse(set.text).pipeline).toMatchObject(given);
  const nulls = Object.fromEntries([...Object.keys(given), 'name', 'status', 'uuid'].map((name) => [name, null]));
  const unset = await ask('mage', 'PUT', '/api/pipelines/nulls', { pipeline: nulls });
  const kept = { name: 'nulls', uuid: 'nulls', type: 'streaming', tags: ['a'], extensions: { a: {} } };
  expect(JSON.parse(unset.text).pipeline).toMatchObject({
    ...kept,
    cache_block_output_in_memory: false,
    concurrency_config: {},
    retry_config: {},
    run_pipeline_in_one_process: false,
    settings: { triggers: null },
    description: null,
    executor_type: null,
    data_integration: null,
  });
});

it('B26: GoTrue takes nothing for no JSON, once it knows who asks', async () => {
  const said = { error_code: 'bad_json', msg: 'Could not parse request body as JSON: unexpected end of JSON input' };
  for (const [method, path] of [
    ['POST', '/auth/v1/token?grant_type=password'],
    ['POST', '/auth/v1/signup'],
    ['PUT', '/auth/v1/user'],
  ] as const) {
    const { status, text } = await ask('magpipeAuth', method, path);
    expect([path, status, JSON.parse(text)]).toEqual([path, 400, { code: 400, ...said }]);
  }
  const { apikey = '' } = all.credentials;
  expect((await all.tell('PUT', '/auth/v1/user', { apikey })).status).toBe(401);
});

it('B26: where null is not given, no word is called null', async () => {
  const { text } = await ask('mystic', 'POST', '/v4/scaling-configs', { name: 'owner/two', type: 'x' });
  expect(JSON.parse(text).detail[0]).toMatchObject({
    msg: "value is not a valid enumeration member; permitted: 'windows'",
    ctx: { enum_values: ['windows'] },
  });
});

function bodyOf(surface: string, { path, method }: Operation): Node {
  const contract = contracts[surface] as Contract;
  const operation = (contract.paths[path] as Node)[method.toLowerCase()] as Node;
  return resolve(contract, operation.requestBody as Node);
}

/** The first example that the contract gives of a body. */
function example(surface: string, operation: Operation): Node {
  const { content } = bodyOf(surface, operation) as { content: Record<string, Node> };
  const { example: one, examples = {} } = content['application/json'] as Node;
  return structuredClone((one ?? Object.values(examples as Record<string, Node>)[0]?.value) as Node);
}

type Property = [place: string[], takesNull: boolean | undefined];

/** Every property below a schema that is an object's, by its place, and whether it may be null, where the contract says so. */
function properties(contract: Contract, schema: Node, above: string[] = []): Property[] {
  return Object.entries((resolve(contract, schema).properties ?? {}) as Record<string, Node>).flatMap(
    ([name, node]) => {
      const place = [...above, name];
      return [[place, takesNull(contract, node)] as Property, ...properties(contract, node, place)];
    },
  );
}

function takesNull(contract: Contract, node: Node): boolean | undefined {
  const { type, enum: words, oneOf } = resolve(contract, node) as { type?: unknown; enum?: unknown[]; oneOf?: Node[] };
  if (oneOf) return oneOf.some((one) => takesNull(contract, one));
  return type === undefined ? undefined : [type].flat().includes('null') && (words?.includes(null) ?? true);
}

function withNull(body: Node, place: readonly string[]): Node {
  const [name = '', ...below] = place;
  return { ...body, [name]: below.length === 0 ? null : withNull((body[name] ?? {}) as Node, below) };
}
