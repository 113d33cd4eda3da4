import { isDeepStrictEqual } from 'node:util';
import type { Request, Response } from 'express';
import { fromValidator } from './complaint.ts';
import type { Contract, Operation } from './contract.ts';
import { Failure } from './failure.ts';
import { run } from './middlewares.ts';
import { type CheckOptions, type Checks, checksOf } from './operation_checks.ts';
import { type Plain, plainReader, type ReadPlain } from './plain_parameters.ts';

/**
 * Checks one request of an operation, and coerces it; `late` hears of an answer that breaks the contract. Undefined: it is good, and there is
 * nothing to wait for.
 */
export type Validate = (
  request: Request,
  response: Response,
  late: (thrown: unknown) => void,
) => Promise<void> | undefined;

/** Makes what checks an operation's requests. */
export type Validators = (operation: Operation) => Validate;

/**
 * express-openapi-validator's checks, without the cost that grows with the contract: to find a request's route it walks through all
 * routes and compiles each one's expression. Our router has found the operation already, so each one is checked on a contract of its own,
 * which is made once somebody sends what is not plainly good (docs/adr/0001).
 * A validator throws (through its promise) a Failure: `invalid` with fields, `unsupported`, `not_acceptable`.
 */
export function validators(contract: Contract, options: CheckOptions): Validators {
  return (operation) => {
    const parameters = parametersOf(operation);
    const plainly = plainReader(contract, operation, options.unknownQuery);
    let checks: Checks | undefined;
    const check = async (
      request: Request,
      response: Response,
      late: (thrown: unknown) => void,
      plain: Plain | undefined,
    ) => {
      const pathParams = parameters(request.url);
      request.params = pathParams;
      if (operation.needsBody && request.body === undefined) throw bodiless();
      checks ??= checksOf(contract, operation, options, shielded);
      Object.assign(request, { openapi: { ...checks.openapi, pathParams } });
      const isBracketed = /\[|%5b/i.test(request.url);
      if (isBracketed) request.query = renamed(request.query, shielded) as Request['query'];
      try {
        await run(checks.steps, request, response, late);
        refuseInfinity({ ...request.params, ...request.query });
      } catch (thrown) {
        if (plain) throw new Error(`${operation.id}: the validator refuses what is plainly good`, { cause: thrown });
        throw fromValidator(thrown, bared);
      } finally {
        if (isBracketed) request.query = renamed(request.query, bared) as Request['query'];
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
  };
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
