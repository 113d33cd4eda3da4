import { Failure } from '../../contract/failure.ts';
import type { Action, Call, Context, Page } from '../../core/context.ts';
import { act, type Endpoint } from '../../core/endpoint.ts';
import { callerOf } from '../../wire/caller.ts';
import type { Request } from '../../wire/surface.ts';
import { addressOf } from '../../wire/url.ts';
import { permitting } from '../permitting.ts';

const usual = 20;
const most = 100;

/** An action of an endpoint, and whether the caller may try it at all: that comes before a look at the body. */
export function doing<Row, Extra, Parent, Prepared>(
  endpoint: Endpoint<Row, Extra, Parent, Prepared>,
  action: Exclude<Action, 'list'>,
) {
  const work = permitting(endpoint, action, act(endpoint, action));
  if (action !== 'update') return work;
  // A record that is not there is 404 whatever the body is (docs/compat/maiagent.md: Credentials).
  const { parent, member } = endpoint.resource;
  const finds = async (context: Context, call: Call) =>
    member?.(context, call, call.parentId === undefined ? undefined : await parent?.(context, call.parentId));
  return Object.assign(work, { finds });
}

/** A list by pages (docs/compat/maiagent.md: Pages). Throws `not_found` for a page that is not there. */
export function listing<Row, Extra, Parent, Prepared>(endpoint: Endpoint<Row, Extra, Parent, Prepared>) {
  const list = act(endpoint, 'list');
  return permitting(endpoint, 'list', async (context: Context, call: Call): Promise<Page<Row & Extra>> => {
    const { page: asked, page_size, ...query } = call.query;
    const limit = sizeOf(page_size);
    const at = (offset: number) => list(context, { ...call, query, page: { limit, offset, order: [] } });
    if (asked === 'last') {
      const { count = 0 } = await at(0);
      return at(Math.max(0, Math.ceil(count / limit) - 1) * limit);
    }
    const number = numberOf(asked);
    const page = await at((number - 1) * limit);
    if (page.rows.length === 0 && number > 1) throw invalidPage();
    return { ...page, limit };
  });
}

/**
 * A list by pages, or by `limit` and `offset` where one of them is asked for: half of the vendor's pages on contacts have the one, half the
 * other (docs/compat/maiagent.md: Contacts).
 */
export function listingEitherWay<Row, Extra, Parent, Prepared>(endpoint: Endpoint<Row, Extra, Parent, Prepared>) {
  const [byPages, list] = [listing(endpoint), act(endpoint, 'list')];
  return permitting(endpoint, 'list', async (context: Context, call: Call) => {
    const { limit: size, offset: from, ...others } = call.query;
    if (size === undefined && from === undefined) return byPages(context, { ...call, query: others });
    const { page: _page, page_size: _size, ...query } = others;
    const offset = /^\s*\+?\d{1,9}\s*$/.test(String(from)) ? Number(from) : 0;
    const limit = sizeOf(size);
    const found = await list(context, { ...call, query, page: { limit, offset, order: [] } });
    return new OffsetPage({ ...found, limit, offset });
  });
}

export function sizeOf(asked: unknown): number {
  const size = Number(/^\s*\+?\d+\s*$/.test(String(asked)) ? asked : 0);
  return size > 0 ? Math.min(size, most) : usual;
}

function numberOf(asked: unknown): number {
  const text = String(asked || '1');
  const number = /^\s*\+?\d{1,9}\s*$/.test(text) ? Number(text) : 0;
  if (number < 1) throw invalidPage();
  return number;
}

function invalidPage(): Failure {
  return new Failure('not_found', 'Invalid page.', { reason: { missing: 'page' } });
}

/** A page as the wire has it, with links that keep the other parameters of the request, and never a credential. */
export function pageBody<Row>({ rows, count = 0, limit = usual, offset }: Page<Row>, request: Request) {
  const number = offset / limit + 1;
  const next = offset + rows.length < count ? linkTo(request, number + 1) : null;
  return { count, next, previous: number > 1 ? linkTo(request, number - 1) : null, results: rows };
}

/** Some rows of a list, of which `limit` and `offset` said which. */
export class OffsetPage<Row> {
  constructor(readonly page: Page<Row>) {}
}

/** The same as the wire has it. */
export function offsetBody<Row>(
  { page: { rows, count = 0, limit = usual, offset } }: OffsetPage<Row>,
  request: Request,
) {
  const from = (start: number) =>
    linkWith(request, { limit: String(limit), offset: start > 0 ? String(start) : undefined });
  const next = offset + rows.length < count ? from(offset + limit) : null;
  return { count, next, previous: offset > 0 ? from(offset - limit) : null, results: rows };
}

/** Some rows of a list that is followed by cursors, as its `next` and `previous` have them. */
export class CursorPage<Row> {
  constructor(readonly page: { rows: Row[]; count?: number; next: string | null; previous: string | null }) {}
}

/** The same as the wire has it. */
export function cursorBody<Row>({ page }: CursorPage<Row>, request: Request) {
  const at = (cursor: string | null) => cursor && linkWith(request, { cursor });
  return {
    ...(page.count !== undefined && { count: page.count }),
    next: at(page.next),
    previous: at(page.previous),
    results: page.rows,
  };
}

/** Names of parameters that may carry what opens something; they open nothing here, and are not handed on. */
const secrets = /^(api_?key|key|(access|oauth|refresh|id)?_?token|password|secret|signature|authorization)$/;

function linkTo(request: Request, number: number): string {
  return linkWith(request, { page: number === 1 ? undefined : String(number) });
}

/** The address of the request with another parameter, or without it. */
function linkWith(request: Request, changes: Record<string, string | undefined>): string {
  const url = new URL(addressOf(request), callerOf(request).origin);
  for (const name of [...url.searchParams.keys()]) {
    if (secrets.test(name.toLowerCase().replaceAll('-', '_'))) url.searchParams.delete(name);
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  url.searchParams.sort();
  return url.href;
}
