import { parse as parseQuery } from 'node:querystring';
import pluralize from 'pluralize';
import { type Contract, type Node, type Operation, resolve } from '../../contract/contract.ts';
import { Failure } from '../../contract/failure.ts';
import { readJson } from '../../contract/json.ts';
import type { Call, Page } from '../../core/context.ts';
import { integerOf } from '../../core/pipeline_runs/list_runs.ts';
import { declaredQuery } from '../../wire/query.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { refuseBytes } from '../../wire/unicode.ts';
import { pathBelow } from '../../wire/url.ts';
import { answerFailure, decode } from './failure.ts';
import { askByToken, readSent, takesToken } from './firing.ts';
import { refuseKeyless } from './unserved.ts';

/**
 * How Mage writes and reads (docs/compat/mage.md: Reading a request): objects under their singular name, lists under
 * the name in the URL, `metadata` beside them; query parameters that begin with `_` are about the answer, all others
 * about the resource.
 */
export function envelope(contract: Contract): Envelope {
  const resources = new Set(
    Object.keys(contract.paths).flatMap((path) => path.split('/').filter((part) => /^\w/.test(part))),
  );
  /** The plural of a resource that goes by its singular: `/api/pipeline` is `/api/pipelines`. */
  const plural = (segment: string) => {
    const name = resources.has(segment) ? segment : pluralize.plural(segment);
    return resources.has(name) ? name : segment;
  };

  return {
    // As Tornado has it.
    tagged: true,
    headers: {
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Allow-Methods': 'DELETE, GET, PATCH, POST, PUT, OPTIONS',
    },

    path(path, request) {
      refuseTraversal(path, request);
      refuseKeyless(path);
      // A token is missing behind the last slash: Mage has a route there, and no method for it.
      if (/^\/pipeline_schedules?\/[^/]+\/pipeline_runs?\/$/.test(path))
        throw new Failure('not_allowed', 'A token is missing.');
      // The path of a file may be written as it is.
      const [, file] = /^\/file_contents?\/(.+\/.+)$/.exec(path) ?? [];
      if (file !== undefined) return `/file_contents/${file.replaceAll('/', '%2F')}`;
      return path
        .split('/')
        .map((segment, index) => (index % 2 === 1 ? plural(segment) : segment))
        .join('/');
    },

    query: (text) => {
      const read: Record<string, string | string[]> = { ...parseQuery(text ?? '') } as Record<
        string,
        string | string[]
      >;
      // A list of nothing is a list; the validator would take it for a text.
      for (const [name, value] of Object.entries(read)) if (value === '' && name.endsWith('[]')) read[name] = [''];
      return read;
    },
    json: (type) => type !== 'multipart/form-data',
    parse,
    unknownQuery: true,
    ask,
    answer,
    failure: answerFailure,
  };
}

/** Bodies are JSON under whatever content type; a form that is none lends at least its `api_key`. Throws `invalid`. */
function parse(text: string, type: string, operation?: Operation): unknown {
  if (operation && takesToken(operation)) return readSent(text);
  try {
    const body = readJson(text);
    if (body && typeof body === 'object' && !Array.isArray(body)) return body;
  } catch {
    if (type === 'application/x-www-form-urlencoded') {
      refuseBytes(text, 'The body');
      const key = new URLSearchParams(text).get('api_key');
      return key === null ? {} : { api_key: key };
    }
  }
  throw new Failure('invalid', 'The body is not a JSON object.', { reason: { missing: 'body' } });
}

function ask(operation: Operation): (request: Request) => Call {
  if (takesToken(operation)) return askByToken;
  const names = Object.keys((operation.request?.properties ?? {}) as Node);
  const name = names.find((candidate) => candidate !== 'api_key') ?? '';
  const declared = declaredQuery(operation);

  return (request) => {
    const query: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(request.query)) {
      if (key !== 'api_key' && !key.startsWith('_')) query[key] = queryValue(key, value);
    }
    const about = declared(request);
    const { _offset, _format } = about as { _offset?: number; _format?: string };
    const _limit = about._limit === undefined ? undefined : integerOf(about._limit);
    const { id, parent_id } = request.params as { id?: string; parent_id?: string };
    const order = about['_order_by[]'] as string[] | undefined;
    return {
      query,
      body: request.body?.[name] ?? {},
      page: { offset: _offset ?? 0, order: order ?? [], ...(_limit !== undefined && { limit: _limit }) },
      ...(id !== undefined && { id }),
      ...(parent_id !== undefined && { parentId: parent_id }),
      ...(_format !== undefined && { format: _format }),
    };
  };
}

/**
 * `true` and `false` are booleans, `name[]=a,b` is a list; any other value stays the text it is (docs/compat/mage.md:
 * Query parameters).
 */
function queryValue(key: string, value: unknown): unknown {
  if (key.endsWith('[]')) return [value].flat().flatMap((part) => String(part).split(','));
  const first = Array.isArray(value) ? value[0] : value;
  if (first === 'true') return true;
  return first === 'false' ? false : first;
}

/** The names of the answer are the contract's: one key beside `metadata`, and what `metadata` says of a list. */
function answer(operation: Operation, contract: Contract): (result: unknown, request: Request) => unknown {
  const schemas = ((operation.answer?.oneOf ?? []) as Node[]).map((schema) => resolve(contract, schema));
  const properties = (schemas.find((schema) => schema.properties)?.properties ?? {}) as Record<string, Node>;
  const key = Object.keys(properties).find((name) => name !== 'metadata') ?? '';
  const metadata = Object.keys((resolve(contract, properties.metadata ?? {}).properties ?? {}) as Node);
  const isList = properties[key]?.type === 'array';
  if (!properties.metadata) return (result) => ({ [key]: result });
  if (!isList) return (result) => ({ [key]: result, metadata: null });

  return (result, request) => {
    const page = result as Page<unknown>;
    const { rows, count = rows.length, limit, offset } = page;
    const said: Record<string, unknown> = {
      count,
      results: rows.length,
      next: limit === undefined ? null : offset + rows.length < count,
      ...page.said,
    };
    return {
      [listName(request, key)]: rows,
      metadata: Object.fromEntries(metadata.map((name) => [name, said[name]])),
    };
  };
}

/** A list asked for by its singular is answered by that name; `/api/status` alone is not. */
function listName(request: Request, key: string): string {
  const asked = pathBelow(request).split('/').at(-1) ?? key;
  return asked === 'status' ? key : asked;
}

/**
 * Throws `invalid` for a path or a query value that climbs out of a folder (docs/compat/mage.md: Climbing out of a
 * folder).
 */
function refuseTraversal(path: string, request: Request): void {
  const climbs = (text: string) => /\.\.[\\/]/.test(text);
  const refuse = (what: string) =>
    new Failure('invalid', `Error: Invalid ${what} (path traversal detected)`, { reason: { refused: 'traversal' } });
  if (climbs(decode(path))) throw refuse('path');
  for (const [name, value] of Object.entries(request.query)) {
    if (climbs(String([value].flat()[0]))) throw refuse(`parameter value for '${name}'`);
  }
}
