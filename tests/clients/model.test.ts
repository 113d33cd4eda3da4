import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Method, modelOf, readContracts } from '../../scripts/clients/model.js';

const contracts = readContracts();
const model = modelOf(contracts);
const methods = new Map<string, Method>(
  model.flatMap(({ place, resources }) =>
    resources.flatMap(({ name, methods }) =>
      methods.map((method): [string, Method] => [[place, name, method.name].filter(Boolean).join('.'), method]),
    ),
  ),
);

it('every operation of every contract is one method, and every contract is there', () => {
  const roots = readdirSync('openapi').filter((name) => name.endsWith('.yaml'));
  expect(model.map(({ surface }) => `${surface}.yaml`).sort()).toEqual(roots.sort());
  const served = Object.values(contracts as Record<string, { paths: Record<string, Record<string, object>> }>)
    .flatMap(({ paths }) => Object.values(paths).flatMap((item) => Object.values(item)))
    .filter((node) => 'operationId' in node);
  expect(methods.size).toBe(served.length);
});

it('names are what one would look for', () => {
  const named = {
    createKey: 'keys.create',
    listPipelines: 'pipelines.list',
    rotateKey: 'keys.rotate',
    createRun: 'runs.create',
    followRunLog: 'runs.followLog',
    changePassword: 'me.changePassword',
    listScopes: 'scopes.list',
    verifyKey: 'keys.verify',
    inviteMember: 'invitations.create',
  };
  for (const [id, name] of Object.entries(named)) expect(methods.get(name)?.id).toBe(id);
  expect(methods.get('mage.pipelineSchedules.listOfPipeline')?.id).toBe('listSchedulesOfPipeline');
  expect(methods.get('mystic.v3.pointers.create')?.id).toBe('createV3Pointer');
  expect(methods.get('maiagent.knowledgeBases.createLabel')?.id).toBe('createKnowledgeBaseLabel');
});

it('lists say how they go on', () => {
  const pages = (name: string) => methods.get(name)?.pages;
  expect(pages('keys.list')).toEqual({ kind: 'cursor', items: 'results' });
  expect(pages('mystic.runs.list')).toEqual({ kind: 'skip', items: 'data' });
  expect(pages('maiagent.pipelines.list')).toEqual({ kind: 'page', items: 'results' });
  expect(pages('mage.pipelines.list')).toEqual({ kind: 'offset', items: 'pipelines' });
  expect(pages('roles.list')).toEqual({ kind: 'whole', items: 'results' });
  expect(pages('mystic.v3.resources.list')).toEqual({ kind: 'whole', items: '' });
  const lists = [...methods].filter(([name]) => /\.list[A-Z]?\w*$/.test(name)).filter(([, { pages }]) => !pages);
  // Mage answers a session where it lists them.
  expect(lists.map(([name]) => name)).toEqual(['mage.sessions.list']);
});

it('bodies and answers are of the kind that they are', () => {
  expect(methods.get('files.upload')?.body).toMatchObject({ kind: 'form', files: ['file'], required: true });
  expect(methods.get('keys.import')?.body?.kind).toBe('lines');
  expect(methods.get('keys.introspect')?.body?.kind).toBe('json');
  expect(methods.get('files.download')?.answer.kind).toBe('bytes');
  expect(methods.get('runs.followLog')?.answer.kind).toBe('events');
  expect(methods.get('audit.export')?.answer.kind).toBe('lines');
  expect(methods.get('mystic.runs.stream')?.answer.kind).toBe('lines');
  expect(methods.get('keys.revoke')).toMatchObject({ answer: { kind: 'none' }, conditional: true });
  expect(methods.get('keys.create')).toMatchObject({
    idempotency: true,
    security: [['bearer'], ['cookie'], ['secure_cookie']],
  });
  expect(methods.get('sessions.create')?.security).toEqual([]);
});

it('what cannot be called without a value has an example of it', () => {
  for (const [name, { params, body }] of methods) {
    for (const param of params.filter(({ required }) => required))
      expect([name, param.example]).not.toContain(undefined);
    if (body) expect([name, body.examples.length > 0]).toEqual([name, true]);
  }
});

it('two operations of one name are refused', () => {
  const twice = structuredClone(contracts) as Record<string, { paths: Record<string, { get: object }> }>;
  const { paths } = twice.latchkey as { paths: Record<string, { get: object }> };
  paths['/keys-again'] = { get: { ...paths['/keys']?.get, 'x-client': 'keys.list' } };
  expect(() => modelOf(twice)).toThrow('latchkey: listKeys and listKeys are both keys.list: give one an x-client.');
});
