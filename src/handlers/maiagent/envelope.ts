import type { Contract, Node } from '../../contract/contract.ts';
import { readPythonJson } from '../../contract/json.ts';
import { type Convert, shaper } from '../../contract/shape.ts';
import type { Page } from '../../core/context.ts';
import { Download } from '../../wire/download.ts';
import { Streamed } from '../../wire/streamed.ts';
import type { Envelope } from '../../wire/surface.ts';
import { refuseBytes } from '../../wire/unicode.ts';
import { snake } from './camel_case.ts';
import { reader } from './coerce.ts';
import { failure } from './failure.ts';
import { CursorPage, cursorBody, OffsetPage, offsetBody, pageBody } from './pages.ts';
import { canonical } from './python_uuid.ts';

const form = 'application/x-www-form-urlencoded';

/**
 * Django REST framework's way, and the vendor's: bare answers, pages with links, camelCase outside and snake_case
 * inside.
 */
export function envelopeOf(contract: Contract): Envelope {
  return {
    headers: { Vary: 'Accept' },
    path: (path) => path.split('/').map(canonical).join('/') + (path.endsWith('/') ? '' : '/'),
    callerFirst: true,
    unknownQuery: true,
    // As Django reads it: of a parameter that comes more than once, the last one counts.
    query: (text) => Object.fromEntries(new URLSearchParams(text ?? '')),
    json: (type) => type === 'application/json' || type === form || type === 'multipart/form-data',
    anyForm: true,
    empty: {},
    parse(text, type) {
      if (type !== form) return readPythonJson(text);
      refuseBytes(text, 'The body');
      return Object.fromEntries(new URLSearchParams(text));
    },
    read: reader,

    ask(operation) {
      const inside = shaper(contract, operation.request ?? operation.form, {
        names: (property) => ({ from: [property], to: snake(property) }),
        closed: true,
      });
      const names = new Map(operation.query.flatMap((name) => [name, snake(name)].map((form) => [form, snake(name)])));
      return ({ params, query, body }) => {
        const { id, ...above } = params as Record<string, string>;
        const [parentId] = Object.values(above);
        const asked = Object.entries(query).flatMap(([name, value]) => {
          const known = names.get(name);
          return known === undefined ? [] : [[known, value]];
        });
        return {
          ...(id !== undefined && { id }),
          ...(parentId !== undefined && { parentId }),
          query: Object.fromEntries(asked),
          body: inside(body ?? {}) as Record<string, unknown>,
          page: { offset: 0, order: [] },
        };
      };
    },

    answer({ answer }) {
      const outside = outsideOf(contract, answer);
      return (result, request) => {
        if (result instanceof Download || result instanceof Streamed) return result;
        if (result instanceof OffsetPage) return answer && outside(offsetBody(result, request));
        if (result instanceof CursorPage) return answer && outside(cursorBody(result, request));
        return answer && outside(isPage(result) ? pageBody(result, request) : result);
      };
    },

    failure: (thrown, request, operation) => failure(thrown, request, operation, contract),
  };
}

/** From the house's names and times to the wire's. */
export function outsideOf(contract: Contract, schema: Node | undefined): Convert {
  return shaper(contract, schema, {
    names: (property) => ({ from: property === 'id' ? ['id', 'public_id'] : [snake(property)], to: property }),
    leaf: ({ format }) => (format === 'epoch-milliseconds' ? milliseconds : undefined),
  });
}

function isPage(result: unknown): result is Page<unknown> {
  return result !== null && typeof result === 'object' && 'rows' in result && 'offset' in result;
}

/** A time as MaiAgent writes it: 13 digits (docs/compat/maiagent.md: Reading a request). */
function milliseconds(iso: unknown): unknown {
  return typeof iso === 'string' ? String(Date.parse(iso)) : iso;
}
