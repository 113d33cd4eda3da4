import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolved } from './contract.js';
import { nameOf } from './names.js';
import { pagesOf } from './pages.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const verbs = ['get', 'post', 'put', 'patch', 'delete'];

/** Where each surface stands below a client: `/v1` is the client itself. */
const places = {
  latchkey: '',
  mage: 'mage',
  magpipe: 'magpipe',
  magpipe_auth: 'magpipe.auth',
  mystic: 'mystic',
  mystic_v3: 'mystic.v3',
  maiagent: 'maiagent',
};

/**
 * What the generators of clients and samples write from: the contracts as resources and methods (docs/clients.md).
 * The shape is in model.d.ts. Throws where two operations would have one name.
 */
export function modelOf(contracts) {
  const known = Object.keys(places).filter((surface) => contracts[surface]);
  const others = Object.keys(contracts).filter((surface) => !(surface in places));
  return [...known, ...others].map((surface) => surfaceOf(surface, contracts[surface]));
}

/** The bundles of `generated/`, by surface. */
export function readContracts(names = Object.keys(places), folder = join(root, 'generated')) {
  return Object.fromEntries(
    names.map((name) => [name, JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))]),
  );
}

function surfaceOf(surface, contract) {
  const resources = new Map();
  for (const [path, item] of Object.entries(contract.paths)) {
    for (const verb of verbs) {
      const operation = item[verb];
      if (!operation) continue;
      const { resource, method } = nameOf(path, operation);
      if (!resources.has(resource))
        resources.set(resource, { name: resource, description: tagOf(contract, operation), methods: [] });
      const { methods } = resources.get(resource);
      const other = methods.find(({ name }) => name === method);
      if (other)
        throw new Error(
          `${surface}: ${operation.operationId} and ${other.id} are both ${resource}.${method}: give one an x-client.`,
        );
      methods.push(methodOf(contract, path, item, verb, method));
    }
  }
  const { info, servers, components } = contract;
  return {
    surface,
    place: places[surface] ?? surface,
    base: servers[0].url,
    version: info.version,
    title: info.title,
    schemes: components.securitySchemes ?? {},
    schemas: components.schemas ?? {},
    resources: [...resources.values()],
  };
}

const tagOf = (contract, { tags }) => contract.tags?.find(({ name }) => name === tags?.[0])?.description ?? '';

function methodOf(contract, path, item, verb, name) {
  const operation = item[verb];
  const params = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((node) => paramOf(contract, node));
  const headers = params.filter(({ place }) => place === 'header').map((param) => param.name.toLowerCase());
  const security = operation.security ?? contract.security ?? [];
  const answer = answerOf(contract, operation);
  return {
    name,
    id: operation.operationId,
    verb: verb.toUpperCase(),
    path,
    summary: operation.summary ?? '',
    description: (operation.description ?? '').trim(),
    deprecated: operation.deprecated === true,
    scope: operation['x-scope'] ?? 'any',
    security: security.map(Object.keys).filter((schemes) => schemes.length > 0),
    params,
    body: bodyOf(contract, operation.requestBody),
    answer,
    errors: Object.keys(operation.responses).filter((status) => !/^[123]/.test(status)),
    pages: pagesOf(contract, name, params, answer),
    idempotency: headers.includes('idempotency-key'),
    conditional: headers.includes('if-match'),
  };
}

function paramOf(contract, node) {
  const param = resolved(contract, node);
  const schema = resolved(contract, param.schema ?? {});
  const example = param.example ?? Object.values(param.examples ?? {})[0]?.value ?? schema.example;
  return {
    name: param.name,
    place: param.in,
    required: param.required === true,
    list: [schema.type].flat().includes('array'),
    explode: param.explode ?? (param.in === 'query' && (param.style ?? 'form') === 'form'),
    schema: param.schema ?? {},
    description: (param.description ?? '').trim(),
    example,
    deprecated: param.deprecated === true,
  };
}

/** JSON where there is a choice, then forms with files. */
const kinds = [
  [/json$/, 'json'],
  [/^multipart\/form-data$/, 'form'],
  [/ndjson$/, 'lines'],
  [/urlencoded$/, 'fields'],
  [/./, 'bytes'],
];
const kindOf = (media) => (/ndjson$/.test(media) ? 'lines' : kinds.find(([form]) => form.test(media))?.[1]);

function bodyOf(contract, node) {
  if (!node) return null;
  const { content, required } = resolved(contract, node);
  const order = kinds.map(([, kind]) => kind);
  const [media] = Object.keys(content).sort((one, two) => order.indexOf(kindOf(one)) - order.indexOf(kindOf(two)));
  const { schema, example, examples } = content[media];
  const named = Object.entries(examples ?? {}).map(([name, said]) => ({ name, value: resolved(contract, said).value }));
  const { properties = {} } = resolved(contract, schema ?? {});
  const isFile = ([, property]) => resolved(contract, property).format === 'binary';
  return {
    media,
    kind: kindOf(media),
    required: required === true,
    schema,
    files: Object.entries(properties)
      .filter(isFile)
      .map(([name]) => name),
    examples: example === undefined ? named : [{ name: 'example', value: example }, ...named],
  };
}

function answerOf(contract, operation) {
  const [status, node] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? ['204', {}];
  const { content } = resolved(contract, node);
  const [media, said] = Object.entries(content ?? {})[0] ?? [];
  if (media === undefined) return { status, kind: 'none' };
  const { schema, example = Object.values(said.examples ?? {})[0]?.value } = said;
  const isLines = /ndjson$/.test(media) || operation['x-lines'] === true;
  const kind = isLines ? 'lines' : media === 'text/event-stream' ? 'events' : /json$/.test(media) ? 'json' : 'bytes';
  return { status, kind, media, schema, example };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { place, resources } of modelOf(readContracts()))
    for (const { name, methods } of resources)
      for (const method of methods)
        console.log([place, name, method.name].filter(Boolean).join('.'), method.verb, method.path);
}
