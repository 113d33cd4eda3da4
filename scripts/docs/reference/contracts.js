import { resolved } from '../../clients/contract.js';
import { readContracts } from '../../clients/model.js';

const verbs = ['get', 'post', 'put', 'patch', 'delete'];

/** `scaling_configs` as `Scaling configs`; `api_keys` as `API keys`. */
export function inWords(name) {
  const text = name
    .replaceAll(/[_-]/g, ' ')
    .replace(/\b(api|oauth)\b/g, (word) => ({ api: 'API', oauth: 'OAuth' })[word]);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * The contracts as the reference walks them: surfaces, their resources (tags), and the operations of each, with all that is
 * referred to from the operation itself put in place. Schemas keep their references: they may be circles.
 */
export function readSurfaces(contracts = readContracts()) {
  return Object.entries(contracts).map(([name, contract]) => surfaceOf(name, contract));
}

function surfaceOf(name, contract) {
  const { info, servers, tags = [] } = contract;
  const surface = {
    name,
    address: `reference/${name}`,
    title: info.title.replace(/ surface$/, ''),
    info,
    base: servers[0].url,
    contract,
    schemes: contract.components?.securitySchemes ?? {},
  };
  const all = [...operationsOf(surface), ...eventsOf(surface)];
  surface.resources = tags
    .map((tag) => ({
      name: tag.name,
      address: `${surface.address}/${tag.name}`,
      title: inWords(tag.name),
      description: tag.description ?? '',
      operations: all.filter(({ tag: own }) => own === tag.name),
    }))
    .filter(({ operations }) => operations.length > 0);
  return surface;
}

function operationsOf(surface) {
  return Object.entries(surface.contract.paths).flatMap(([path, item]) =>
    verbs
      .filter((verb) => item[verb])
      .map((verb) => ({
        ...operationOf(surface, item, item[verb]),
        id: item[verb].operationId,
        verb: verb.toUpperCase(),
        path: surface.base + path,
        address: `${surface.address}/${item[verb].tags[0]}/${item[verb].operationId}`,
      })),
  );
}

/** What this server sends to others. */
function eventsOf(surface) {
  return Object.entries(surface.contract.webhooks ?? {}).map(([event, item]) => {
    const id = event.replaceAll('.', '_');
    const { post } = item;
    return { ...operationOf(surface, item, post), id, event, address: `${surface.address}/${post.tags[0]}/${id}` };
  });
}

function operationOf({ contract, schemes }, item, node) {
  const security = node.security ?? contract.security ?? [];
  return {
    tag: node.tags[0],
    summary: node.summary,
    description: (node.description ?? '').trim(),
    scope: node['x-scope'],
    cost: node['x-cost'] ?? 1,
    deprecated: node.deprecated === true,
    deprecation: node['x-deprecation'],
    params: [...(item.parameters ?? []), ...(node.parameters ?? [])].map((param) => resolved(contract, param)),
    body: node.requestBody && resolved(contract, node.requestBody),
    answers: Object.entries(node.responses).map(([status, answer]) => ({ status, ...resolved(contract, answer) })),
    security: security.map((alternative) =>
      Object.keys(alternative).map((scheme) => ({ id: scheme, ...schemes[scheme] })),
    ),
  };
}

/** The examples of a media type: their names, what they show, and their values. */
export function examplesOf(contract, { example, examples = {} }) {
  const named = Object.entries(examples).map(([name, node]) => {
    const { summary, value } = resolved(contract, node);
    return { name, summary: summary ?? inWords(name), value };
  });
  return example === undefined ? named : [{ name: 'example', summary: 'Example', value: example }, ...named];
}
