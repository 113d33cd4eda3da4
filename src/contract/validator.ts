import { isDeepStrictEqual } from 'node:util';
import type { Express, Request, RequestHandler, Response } from 'express';
import { middleware } from 'express-openapi-validator';
import { fromValidator } from './complaint.ts';
import type { Contract, Node, Operation } from './contract.ts';
import { Failure } from './failure.ts';
import { run } from './middlewares.ts';
import { type Plain, plainReader, type ReadPlain } from './plain_parameters.ts';

interface Options {
  /** Leave query parameters that the contract does not name to the policy. */
  unknownQuery: boolean;
  checkResponses: boolean;
}

/**
 * Checks one request of an operation, and coerces it; `late` hears of an answer that breaks the contract. Undefined: it is good, and there is
 * nothing to wait for.
 */
export type Validate = (
  request: Request,
  response: Response,
  late: (thrown: unknown) => void,
) => Promise<void> | undefined;

/** The validators of a contract's operations. */
export interface Validators {
  /** Resolves when the validator has read the contract: it does so once, and takes a third of a second. */
  ready: Promise<void>;
  of(operation: Operation): Validate;
}

/** What the validator says of a request once it has looked its route up. */
interface Found {
  openApiRoute: string;
  pathParams: Record<string, string>;
}

/**
 * express-openapi-validator on a contract, without the cost that grows with it: to find a request's route it walks through
 * all routes and compiles each one's expression. Our router has found the operation already; so what the validator found
 * for the first request of an operation is kept, and the walk is left out from then on (docs/adr/0001).
 * A validator throws (through its promise) a Failure: `invalid` with fields, `unsupported`, `not_acceptable`.
 */
export function validators(contract: Contract, app: Express, options: Options): Validators {
  const steps = stepsOf(contract, options);
  const walk = steps.findIndex(({ name }) => name === 'metadataMiddleware');
  if (walk < 0) throw new Error('express-openapi-validator finds its routes in another way now: see docs/adr/0001');
  const checks = steps.slice(walk + 1);

  return {
    ready: run(steps.slice(0, walk), { app } as unknown as Request, {} as Response),
    of: (operation) => {
      const parameters = parametersOf(operation);
      const plainly = plainReader(contract, operation, options.unknownQuery);
      let found: Found | undefined;
      const check = async (
        request: Request,
        response: Response,
        late: (thrown: unknown) => void,
        plain: Plain | undefined,
      ) => {
        const asked = request as Request & { openapi?: Found };
        const pathParams = parameters(request.url);
        if (found) asked.openapi = { ...found, pathParams };
        if (found) asked.params = pathParams;
        const isBracketed = /\[|%5b/i.test(request.url);
        if (isBracketed) request.query = renamed(request.query, shielded) as Request['query'];
        try {
          if (operation.needsBody && request.body === undefined) throw bodiless();
          await run(found ? checks : steps, request, response, late);
          refuseInfinity({ ...request.params, ...request.query });
        } catch (thrown) {
          if (plain) throw new Error(`${operation.id}: the validator refuses what is plainly good`, { cause: thrown });
          throw fromValidator(thrown, bared);
        } finally {
          if (isBracketed) request.query = renamed(request.query, bared) as Request['query'];
          found ??= sameRoute(asked.openapi, operation);
        }
        if (plain) agree(operation, plain, request);
      };
      return (request, response, late) => {
        const plain = plainly && plainOf(plainly, parameters, request);
        if (!plain || options.checkResponses) return check(request, response, late, plain);
        request.params = plain.params as Record<string, string>;
        request.query = plain.query as Request['query'];
        return undefined;
      };
    },
  };
}

/** Our own names for how a surface writes times; envelopes convert by them. */
const times = {
  'epoch-milliseconds': { type: 'string' as const, validate: (text: string) => /^\d{13}$/.test(text) },
  'epoch-seconds': { type: 'number' as const, validate: (seconds: number) => seconds >= 0 },
};

const made = new WeakMap<Contract, Map<string, RequestHandler[]>>();

/** The validator's middlewares: made once for a contract, however many apps of a process serve it. */
function stepsOf(contract: Contract, options: Options): RequestHandler[] {
  const ofContract = made.get(contract) ?? new Map<string, RequestHandler[]>();
  made.set(contract, ofContract);
  const key = JSON.stringify(options);
  const steps = ofContract.get(key) ?? middlewares(contract, options);
  ofContract.set(key, steps);
  return steps;
}

function middlewares(contract: Contract, { unknownQuery, checkResponses }: Options): RequestHandler[] {
  return middleware({
    apiSpec: permissive(contract) as never,
    validateApiSpec: false,
    validateSecurity: false,
    validateRequests: { allErrors: true, allowUnknownQueryParameters: unknownQuery },
    validateResponses: checkResponses,
    fileUploader: false,
    formats: times,
    useRequestUrl: true,
  });
}

/** What the validator found, if it is the operation that our router found; contracts whose paths are ambiguous are not. */
function sameRoute(found: Found | undefined, { id, path }: Operation): Found | undefined {
  if (found && found.openApiRoute !== path) throw new Error(`${id}: the validator takes it for ${found.openApiRoute}`);
  return found;
}

/** Reads the parameters of an operation's path out of a URL. Throws `invalid` for one that is encoded wrongly. */
function parametersOf({ path }: Operation): (url: string) => Record<string, string> {
  const names = path.split('/').map((segment) => /^\{(.+)\}$/.exec(segment)?.[1]);
  return (url) => {
    const segments = (url.split('?')[0] as string).split('/');
    try {
      return Object.fromEntries(
        names.flatMap((name, index) => (name ? [[name, decodeURIComponent(segments[index] ?? '')]] : [])),
      );
    } catch (cause) {
      throw new Failure('invalid', 'The path is not encoded as a URL is.', { cause });
    }
  };
}

// The validator takes `tag[]=a` for an object `tag`; so it never sees a bracket in a parameter's name.
const shielded = (name: string) => name.replaceAll('[', '⟦');
const bared = (name: string) => name.replaceAll('⟦', '[');

function renamed(query: Request['query'], rename: (name: string) => string): object {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [rename(name), value]));
}

/** Undefined as well for a path that is not encoded as one. */
function plainOf(plainly: ReadPlain, parameters: (url: string) => Record<string, string>, request: Request) {
  try {
    return plainly(parameters(request.url), request.query, request.headers);
  } catch {
    return undefined;
  }
}

/** Where both have been asked, they have to have read the same. */
function agree({ id }: Operation, plain: Plain, { params, query }: Request): void {
  const same =
    isDeepStrictEqual({ ...plain.params }, { ...params }) && isDeepStrictEqual({ ...plain.query }, { ...query });
  if (!same) throw new Error(`${id}: the validator reads other parameters than what is plainly there`);
}

/** The validator asks for a body only where a property of it is required. */
function bodiless(): Failure {
  const faults = [{ path: ['body'], keyword: 'required', message: 'is required' }];
  return new Failure('invalid', 'body is required.', { fields: { body: ['is required'] }, reason: { faults } });
}

/** `1e400` is read as a number that is larger than any maximum, and that no maximum is held against. */
function refuseInfinity(values: Record<string, unknown>): void {
  const name = Object.keys(values).find((key) => Math.abs(Number(values[key])) === Number.POSITIVE_INFINITY);
  if (name === undefined || typeof values[name] !== 'number') return;
  const message = 'is too large';
  const faults = [{ path: ['query', bared(name)], keyword: 'maximum', message }];
  throw new Failure('invalid', `${bared(name)} ${message}.`, {
    fields: { [bared(name)]: [message] },
    reason: { faults },
  });
}

/** A copy of the contract for the validator. Characters such as `:` are legal in a query value as they stand; the validator refuses them unless told so. */
function permissive(contract: Contract): Contract {
  const visit = (node: unknown): void => {
    if (!node || typeof node !== 'object') return;
    if ((node as Node).in === 'query' && 'schema' in node) {
      Object.assign(node, { allowReserved: true, name: shielded(String((node as Node).name)) });
    }
    Object.values(node).forEach(visit);
  };
  const copy = { ...structuredClone(contract), servers: [{ url: '/' }] };
  visit(copy);
  return copy;
}
