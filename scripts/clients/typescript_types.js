import { resolved } from './contract.js';
import { camel } from './names.js';

const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1);
const typeName = (name) => name.replace(/\W+/g, '_');

/**
 * The types of a surface's methods, with their documentation, as TypeScript. What the contract names is an interface of that name,
 * so that an editor shows the name.
 * @param {import('./model.d.ts').Surface} surface
 * @param {string} name of the whole
 */
export function typesOf(surface, name) {
  const { resources } = surface;
  const context = { surface, used: new Map(), queries: [] };
  const blocks = resources.map((resource) => resourceOf(context, resource));
  const members = resources.map(
    (resource) => `${docOf([resource.description], '  ')}  ${resource.name}: ${kindOf(resource)};\n`,
  );
  const named = [...context.used.values()].sort();
  return [
    `import type { components, operations } from '../${surface.surface}.d.ts';\n`,
    `import type { CallOptions, ConditionalOptions, FollowOptions, IdempotentOptions, List, ServerEvent, UploadOptions } from '../core/index.js';\n\n`,
    'type Schemas = components["schemas"];\n',
    'type SchemaOf<Name extends keyof Schemas> = Schemas[Name];\n',
    'type QueryOf<Id extends keyof operations> = NonNullable<operations[Id]["parameters"]["query"]>;\n',
    'type SentOf<Id extends keyof operations, Media extends string> = operations[Id] extends { requestBody?: { content: { [media in Media]: infer Body } } } ? Body : never;\n',
    'type GotOf<Id extends keyof operations, Status, Media extends string> = Status extends keyof operations[Id]["responses"] ? operations[Id]["responses"][Status] extends { content: { [media in Media]: infer Body } } ? Exclude<Body, { error: unknown }> : never : never;\n',
    '/** A form: where the contract has a file, a `Blob` or a `File`. */\n',
    'type FormOf<Fields, File extends PropertyKey> = { [Name in keyof Fields]: Name extends File ? Blob : Fields[Name] };\n\n',
    ...named,
    ...context.queries,
    ...blocks,
    `\n${docOf([`${surface.title}, \`${surface.base}\`.`])}export interface ${name} {\n${members.join('')}}\n`,
  ].join('');
}

const kindOf = ({ name }) => `${capital(name)}Methods`;

function resourceOf(context, resource) {
  const methods = resource.methods.map((method) => methodOf(context, resource, method));
  return `\n${docOf([resource.description])}export interface ${kindOf(resource)} {\n${methods.join('\n')}}\n`;
}

function methodOf(context, resource, method) {
  const { params, body } = method;
  const values = params.filter(({ place }) => place === 'path');
  const query = params.filter(({ place }) => place === 'query');
  const asked = query.length > 0 && queryOf(context, resource, method);
  const hasRequired = query.some(({ required }) => required);
  const parts = values.map(({ name, schema }) => `${argument(name)}: ${simple(context, schema)}`);
  // What may be left out stands before nothing that must be there.
  const ending = body?.required || hasRequired ? '' : '?';
  if (body) parts.push(`body${ending}: ${bodyOf(context, method)}${body.required || ending ? '' : ' | undefined'}`);
  if (asked && !body) parts.push(`query${hasRequired ? '' : '?'}: ${asked}`);
  const own = optionsOf(method);
  parts.push(
    asked && body
      ? `options${hasRequired ? '' : '?'}: ${own} & { query${hasRequired ? '' : '?'}: ${asked} }`
      : `options?: ${own}`,
  );
  const about = [
    `${method.summary}.`,
    method.description,
    addressOf(context, method),
    ...values
      .filter(({ description }) => description)
      .map(({ name, description }) => `@param ${argument(name)} ${description}`),
    method.deprecated ? '@deprecated' : '',
  ];
  return `${docOf(about, '  ')}  ${method.name}(${parts.join(', ')}): ${answerOf(context, method)};\n`;
}

function addressOf({ surface }, method) {
  return `${method.verb} \`${surface.base}${method.path}\`${method.scope.includes(':') ? `; a key needs \`${method.scope}\`` : ''}`;
}

export const argument = (name) => camel(name);
const simple = ({ surface }, schema) => {
  const { type } = resolved({ components: { schemas: surface.schemas } }, schema);
  return [type].flat().some((one) => one === 'integer' || one === 'number') ? 'number' : 'string';
};

function optionsOf({ body, idempotency, conditional, answer }) {
  if (body?.kind === 'form' || body?.kind === 'bytes') return 'UploadOptions';
  if (idempotency) return 'IdempotentOptions';
  if (conditional) return 'ConditionalOptions';
  return answer.kind === 'events' ? 'FollowOptions' : 'CallOptions';
}

function queryOf(context, resource, method) {
  const name = `${capital(resource.name)}${capital(method.name)}Query`;
  context.queries.push(
    `${docOf([`What \`${resource.name}.${method.name}\` may be asked.`])}export interface ${name} extends QueryOf<"${method.id}"> {}\n`,
  );
  return name;
}

function bodyOf(context, { id, body }) {
  if (body.kind === 'bytes') return 'Blob | ArrayBuffer | string';
  const own = named(context, body.schema) ?? `SentOf<"${id}", "${body.media}">`;
  return body.kind === 'form' ? `FormOf<${own}, ${body.files.map((name) => `"${name}"`).join(' | ') || 'never'}>` : own;
}

function answerOf(context, method) {
  const { id, answer, pages } = method;
  const body =
    answer.schema && (named(context, answer.schema) ?? `GotOf<"${id}", ${answer.status}, "${answer.media}">`);
  if (answer.kind === 'none') return 'Promise<void>';
  if (answer.kind === 'bytes') return 'Promise<Response>';
  if (answer.kind === 'events') return 'AsyncGenerator<ServerEvent, void, undefined>';
  if (answer.kind === 'lines') return `AsyncGenerator<${body}, void, undefined>`;
  if (pages) return `List<${body}, ${itemOf(context, answer.schema, pages.items, body)}>`;
  return `Promise<${body}>`;
}

/** The type of what a list holds. */
function itemOf(context, schema, items, body) {
  const contract = { components: { schemas: context.surface.schemas } };
  const page = [resolved(contract, schema)].flatMap(
    (one) => one.oneOf?.map((each) => resolved(contract, each)) ?? [one],
  );
  const lists = page.map((one) => (items === '' ? one : resolved(contract, one.properties?.[items])));
  const list = lists.find((one) => one?.items);
  return named(context, list?.items ?? {}) ?? (items === '' ? `(${body})[number]` : `${body}["${items}"][number]`);
}

/** The name of a schema, or of those it may be but the error. */
function named(context, schema) {
  if (schema.oneOf?.every(({ $ref }) => $ref)) {
    const kept = schema.oneOf.filter(({ $ref }) => !$ref.endsWith('/Failure'));
    return kept.map((one) => named(context, one)).join(' | ');
  }
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema.$ref ?? '')?.[1];
  if (name === undefined) return undefined;
  const own = context.surface.schemas[name];
  const isPlain = own?.type === 'object' && own.properties && !own.oneOf && !own.anyOf && !own.allOf;
  const about = docOf([own?.description ?? '']);
  const as = typeName(name);
  const text = isPlain
    ? `export interface ${as} extends SchemaOf<"${name}"> {}\n`
    : `export type ${as} = Schemas["${name}"];\n`;
  context.used.set(name, about + text);
  return as;
}

function docOf(parts, indent = '') {
  const text = parts
    .filter(Boolean)
    .join('\n\n')
    .replaceAll('*/', '*\u200b/')
    .replace(/\n\n(?=@)/g, '\n');
  if (text.trim() === '') return '';
  const lines = text
    .trim()
    .split('\n')
    .map((line) => `${indent} * ${line}`.trimEnd());
  return `${indent}/**\n${lines.join('\n')}\n${indent} */\n`;
}
