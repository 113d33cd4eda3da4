import type { Node, Operation } from '../../contract/contract.ts';
import { Exact, readJson } from '../../contract/json.ts';
import type { Call, Page } from '../../core/context.ts';
import { declaredQuery } from '../../wire/query.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { answerFailure } from './failure.ts';

/** Where the rest of a path is one parameter, with its slashes as they are (docs/compat/mystic.md). */
const catchAll =
  /^(\/(?:pointers|pipelines\/by-pointer|pipelines\/by-family|pipeline-families|scaling-configs|logs\/pipeline-startup)\/)(.+)$/;

/** What nobody has to escape in a path, and means the same where somebody does (RFC 3986 §6.2.2.2). */
const unreserved = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi;

/** Query parameters that are about the page. */
const paging = new Set(['skip', 'limit', 'order_by']);

/** Mystic's way: pages in an envelope, all else bare, `null` for what is not given. */
export const envelope: Envelope = {
  headers: {},
  idHeader: 'x-correlation-id',

  path(path) {
    const clean = path
      .replace(/^\/+/, '/')
      .replace(/(?<=.)\/+$/, '')
      .replace(unreserved, decodeURIComponent);
    const [, before, rest] = catchAll.exec(clean) ?? [];
    return before && rest ? before + rest.replaceAll('/', '%2F') : clean;
  },

  parse,
  unknownQuery: true,
  ask,

  answer(operation) {
    if (operation.success === 204) return () => undefined;
    if (!('skip' in ((operation.answer?.properties ?? {}) as Node))) return (result) => result;
    return (result) => {
      const { rows, count, limit, offset } = result as Page<unknown>;
      return { skip: offset, limit, total: count, data: rows };
    };
  },

  failure: answerFailure,
};

/** A body in which nothing is null: what is null at its top is not given. */
function parse(text: string): unknown {
  const body = readJson(text);
  if (!body || typeof body !== 'object' || Array.isArray(body) || body instanceof Exact) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

/**
 * Takes what the contract names, and passes over the rest; the parameters of a path, with their slashes, are the call's
 * `id`.
 */
function ask(operation: Operation): (request: Request) => Call {
  const declared = declaredQuery(operation);
  const written = Object.keys(((operation.request ?? operation.form)?.properties ?? {}) as Node);
  const pick = (names: readonly string[], values: Record<string, unknown>) =>
    Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));

  return (request) => {
    const given = declared(request);
    const { skip = 0, limit, order_by } = given as { skip?: number; limit?: number; order_by?: string };
    const id = Object.values(request.params).join('/');
    return {
      query: Object.fromEntries(Object.entries(given).filter(([name]) => !paging.has(name))),
      body: pick(written, request.body ?? {}),
      page: { offset: skip, order: order_by ? [order_by] : [], ...(limit !== undefined && { limit }) },
      ...(id !== '' && { id }),
    };
  };
}
