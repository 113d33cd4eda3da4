/** A JSON Schema or any other node of a contract. */
export type Node = { [key: string]: unknown };

/** A bundle in `generated/`: OpenAPI 3.1, one relative server, every `$ref` local. */
export interface Contract extends Node {
  openapi: string;
  info: { title: string; version: string };
  servers: { url: string }[];
  paths: Record<string, Node>;
  components?: Record<string, Node>;
  security?: Security[];
}

/** Schemes that must all be satisfied together. */
export type Security = Record<string, string[]>;

/** One operation, with everything about it that can be known at start-up. */
export interface Operation {
  id: string;
  method: string;
  path: string;
  security: Security[];
  /** What a key needs for it: a scope, `any` or `session`; and how many credits a call takes. */
  scope: string;
  cost: number;
  /** The headers that it reads, in lower case. */
  headers: readonly string[];
  /** Whether its body is signed, so that its bytes are kept as they came. */
  signed: boolean;
  /** Those of them without which it is not done. */
  needed: readonly string[];
  /** It goes away: since when that is known, when, and the page that says what comes instead; dates as RFC 3339 has them. */
  deprecation: { since: string; sunset?: string; link?: string } | undefined;
  /** The headers that its success declares, in lower case. */
  told: readonly string[];
  /** The one declared 2xx. */
  success: number;
  /** The schema of the success, references resolved one level deep. */
  answer: Node | undefined;
  /** The success is a JSON body or none, whatever is asked for; else it is bytes, or may be. */
  isJson: boolean;
  /** Its parameters, wherever they are, references resolved one level deep. */
  parameters: readonly Node[];
  /** The names of its query parameters. */
  query: string[];
  /** The media types of the body, and the schema of its JSON, or of its lines as a list. None: a body is not read into the call. */
  accepts: string[];
  /** Whether a body must come. */
  needsBody: boolean;
  request: Node | undefined;
  /** The schema of a multipart body, and its fields that are files. */
  form: Node | undefined;
  files: string[];
}

const methods = ['get', 'put', 'post', 'delete', 'patch'];

const read = new WeakMap<Contract, readonly Operation[]>();

/** The operations of a contract, which is read once. Throws for one that lacks an operationId or a literal success. */
export function operationsOf(contract: Contract): readonly Operation[] {
  const operations =
    read.get(contract) ??
    Object.entries(contract.paths).flatMap(([path, item]) =>
      methods.filter((method) => item[method]).map((method) => operation(contract, path, method, item)),
    );
  read.set(contract, operations);
  return operations;
}

/** One of them. Throws for one that the contract has not. */
export function operationOf(contract: Contract, operationId: string): Operation {
  const found = operationsOf(contract).find(({ id }) => id === operationId);
  if (!found) throw new Error(`the contract has no ${operationId}`);
  return found;
}

function operation(contract: Contract, path: string, method: string, item: Node): Operation {
  const node = item[method] as Node;
  const responses = node.responses as Record<string, Node>;
  const success = Object.keys(responses).find((status) => /^2\d\d$/.test(status));
  if (!node.operationId || !success) throw new Error(`${method} ${path} needs an operationId and a success status`);
  const body = node.requestBody ? resolve(contract, node.requestBody as Node) : undefined;
  const content = (body?.content ?? {}) as Record<string, Node>;
  const answer = resolve(contract, responses[success] as Node).content as Record<string, Node> | undefined;
  const parameters = [item.parameters ?? [], node.parameters ?? []].flat().map((one) => resolve(contract, one as Node));
  const headers = parameters.filter(({ in: place }) => place === 'header');
  return {
    id: String(node.operationId),
    method: method.toUpperCase(),
    path,
    security: (node.security as Security[] | undefined) ?? contract.security ?? [],
    scope: String(node['x-scope'] ?? 'any'),
    cost: Number(node['x-cost'] ?? 1),
    headers: headers.map(({ name }) => String(name).toLowerCase()),
    needed: headers.filter(({ required }) => required).map(({ name }) => String(name).toLowerCase()),
    deprecation: node['x-deprecation'] as Operation['deprecation'],
    signed: node['x-signed-body'] === true,
    told: Object.keys((resolve(contract, responses[success] as Node).headers ?? {}) as Node).map((name) =>
      name.toLowerCase(),
    ),
    success: Number(success),
    answer: schemaOf(contract, answer),
    isJson: !answer || Object.keys(answer).every((type) => type === 'application/json'),
    parameters,
    query: parameters.flatMap(({ in: place, name }) => (place === 'query' ? [String(name)] : [])),
    accepts: Object.keys(content),
    needsBody: body?.required === true,
    request: schemaOf(contract, content) ?? schemaOf(contract, content, 'application/x-ndjson'),
    form: schemaOf(contract, content, 'multipart/form-data'),
    files: filesOf(schemaOf(contract, content, 'multipart/form-data')),
  };
}

function filesOf(form: Node | undefined): string[] {
  const { properties = {} } = (form ?? {}) as { properties?: Record<string, Node> };
  return Object.keys(properties).filter((name) => properties[name]?.format === 'binary');
}

function schemaOf(contract: Contract, content: Record<string, Node> | undefined, type = 'application/json') {
  const schema = content?.[type]?.schema as Node | undefined;
  return schema && resolve(contract, schema);
}

/** The node itself, or the one that its local `$ref` names. */
export function resolve(contract: Contract, node: Node): Node {
  if (typeof node.$ref !== 'string') return node;
  const target = node.$ref
    .slice(2)
    .split('/')
    .reduce<Node>((at, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')] as Node, contract);
  return resolve(contract, target);
}
