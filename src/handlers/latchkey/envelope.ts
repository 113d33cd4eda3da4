import type { Contract, Node } from '../../contract/contract.ts';
import { shaper } from '../../contract/shape.ts';
import type { KeysetPage } from '../../core/keyset.ts';
import { callerOf } from '../../wire/caller.ts';
import { declaredQuery } from '../../wire/query.ts';
import type { Envelope, Request } from '../../wire/surface.ts';
import { addressOf } from '../../wire/url.ts';
import { cookieOf } from './cookie.ts';
import { answerFailure } from './failure.ts';

/** Our own way: bare answers, pages with links, times in UTC. */
export function envelopeOf(contract: Contract): Envelope {
  return {
    headers: { Vary: 'Accept' },
    forms: true,
    failure: answerFailure,

    ask(operation) {
      const declared = declaredQuery(operation);
      const resumes = operation.headers.includes('last-event-id');
      return (request) => {
        const { limit = 20, cursor, order, ...asked } = declared(request) as Record<string, never>;
        const query = resumes ? { ...asked, after: Number(request.get('last-event-id') ?? 0) } : asked;
        const { id } = request.params as { id?: string };
        const cookie = cookieOf(request);
        return {
          query,
          body: (request.body ?? {}) as Record<string, unknown>,
          page: { offset: 0, limit, order: order ? [order] : [], ...(cursor !== undefined && { cursor }) },
          ...(id !== undefined && { id }),
          ...(cookie !== undefined && { cookie }),
        };
      };
    },

    answer(operation) {
      const convert = shaper(contract, operation.answer, {
        leaf: ({ format }) => (format === 'date-time' ? utc : undefined),
      });
      const isList = 'results' in ((operation.answer?.properties ?? {}) as Node);
      if (operation.success === 204) return () => undefined;
      return (result, request) => convert(isList ? pageBody(result as KeysetPage<unknown>, request) : result);
    },
  };
}

function pageBody({ rows, count, next, previous }: KeysetPage<unknown>, request: Request) {
  const at = (cursor: string | null) => cursor && pageAddress(request, cursor);
  return { count, next: at(next), previous: at(previous), results: rows };
}

/** The address of another page of a list. */
function pageAddress(request: Request, cursor: string): string {
  const url = new URL(addressOf(request), callerOf(request).origin);
  url.searchParams.set('cursor', cursor);
  return url.href;
}

/** A time as RFC 3339 has it in UTC, to the millisecond. */
function utc(time: unknown): unknown {
  if (typeof time === 'string' && usual.test(time)) return `${time.slice(0, 23)}Z`;
  return typeof time === 'string' && !Number.isNaN(Date.parse(time)) ? new Date(time).toISOString() : time;
}

/** As the database writes most of them: in UTC, with all six digits of the second. */
const usual = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;
