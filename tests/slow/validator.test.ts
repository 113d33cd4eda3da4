import { readdirSync } from 'node:fs';
import type { Request, RequestHandler, Response } from 'express';
import { middleware } from 'express-openapi-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromValidator } from '../../src/contract/complaint.ts';
import { type Contract, type Node, type Operation, operationsOf } from '../../src/contract/contract.ts';
import { Failure } from '../../src/contract/failure.ts';
import { run } from '../../src/contract/middlewares.ts';
import { checksOf } from '../../src/contract/operation_checks.ts';

// express-openapi-validator as it is documented, on a whole contract, and its checks of one operation alone, as src/contract puts them
// together: they say the same of whatever is sent, and read the same from it.

const values = [
  '1',
  '0',
  '-1',
  'x',
  '',
  'true',
  '2026-01-01T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  '1e400',
  'a,b',
];
const bodies = [
  undefined,
  {},
  [],
  null,
  'x',
  1,
  { name: 1, id: 'x', a: [1], limits: [{ requests: 'x' }] },
  { name: 'x', url: 'x', api_key: {} },
];
const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', undefined];
const formats = {
  'epoch-milliseconds': { type: 'string' as const, validate: (text: string) => /^\d{13}$/.test(text) },
  'epoch-seconds': { type: 'number' as const, validate: (seconds: number) => seconds >= 0 },
};

interface Asked {
  params: string;
  query: Record<string, unknown>;
  body: unknown;
  type: string | undefined;
}

function* questions({ parameters, accepts }: Operation): Generator<Asked> {
  const names = parameters.filter((one) => one.in === 'query').map(({ name }) => String(name));
  const type = accepts[0];
  for (const value of values) {
    const query = Object.fromEntries(names.map((name) => [name, value]));
    yield { params: value || '1', query, body: {}, type };
  }
  yield { params: '1', query: { nobody_knows: '1' }, body: {}, type };
  for (const body of bodies) yield { params: '1', query: {}, body, type: type ?? 'application/json' };
  for (const other of types) yield { params: '1', query: {}, body: {}, type: other };
}

const requestOf = ({ method, path }: Operation, { params, query, body, type }: Asked) => {
  const url = path.replace(/\{[^}]+\}/g, encodeURIComponent(params));
  const names = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name as string);
  const request = {
    ...{ method, url, originalUrl: url, path: url, baseUrl: '', app: { param() {}, enabled: () => false } },
    ...{ headers: type === undefined ? {} : { 'content-type': type } },
    ...{ params: {}, query: structuredClone(query), body: structuredClone(body) },
  } as unknown as Request;
  return { request, pathParams: Object.fromEntries(names.map((name) => [name, params])) };
};

/** What is said of a request, or what is read from it. */
async function said(steps: RequestHandler[], request: Request) {
  try {
    await run(steps, request, {} as Response);
    return { params: { ...request.params }, query: { ...request.query }, body: request.body };
  } catch (thrown) {
    const failure = fromValidator(thrown, (name) => name);
    if (!(failure instanceof Failure)) throw thrown;
    return { kind: failure.kind, sentence: failure.message, fields: failure.fields, reason: failure.reason };
  }
}

const surfaces = readdirSync('generated').flatMap((file) => /^(\w+)\.json$/.exec(file)?.[1] ?? []);

describe.each(surfaces)('%s', (surface) => {
  let contract: Contract;
  let whole: RequestHandler[];
  const options = { unknownQuery: false, checkResponses: false };
  beforeAll(async () => {
    contract = (await import(`../../generated/${surface}.json`)).default;
    const copy = structuredClone({ ...contract, servers: [{ url: '/' }] });
    const permit = (node: unknown): void => {
      if (!node || typeof node !== 'object') return;
      if ((node as Node).in === 'query' && 'schema' in node) (node as Node).allowReserved = true;
      Object.values(node).forEach(permit);
    };
    permit(copy);
    whole = middleware({
      ...{ apiSpec: copy as never, validateApiSpec: false, validateSecurity: false, validateResponses: false, formats },
      ...{
        validateRequests: { allErrors: true, allowUnknownQueryParameters: false },
        fileUploader: false,
        useRequestUrl: true,
      },
    });
  });

  it('one operation alone is checked as it is in its contract', async () => {
    let refusals = 0;
    let asked = 0;
    for (const operation of operationsOf(contract)) {
      const { steps, openapi } = checksOf(contract, operation, options, (name) => name);
      for (const question of questions(operation)) {
        const one = requestOf(operation, question);
        const other = requestOf(operation, question);
        Object.assign(other.request, {
          openapi: { ...openapi, pathParams: other.pathParams },
          params: other.pathParams,
        });
        const [expected, seen] = [await said(whole, one.request), await said(steps, other.request)];
        expect([operation.id, question, seen]).toEqual([operation.id, question, expected]);
        asked += 1;
        if ('kind' in seen) refusals += 1;
      }
    }
    // Both kinds of answer, or the questions ask nothing.
    expect(refusals).toBeGreaterThan(asked / 20);
    expect(refusals).toBeLessThan(asked);
  }, 240_000);
});
