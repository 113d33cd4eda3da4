import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { middleware } from 'express-openapi-validator';
import { type Contract, type Node, narrow } from './contract.ts';
import { Failure, type Kind } from './failure.ts';

/** What express-openapi-validator throws: an HTTP status, and what is wrong where. */
interface Complaint {
  status: number;
  path?: string;
  message: string;
  errors?: { path: string; message: string; errorCode?: string }[];
}

interface Options {
  /** Leave query parameters that the contract does not name to the policy. */
  unknownQuery: boolean;
  checkResponses: boolean;
}

/** Checks one request against its path's contract, and coerces it; `late` hears of an answer that breaks the contract. */
export type Validate = (request: Request, response: Response, late: (thrown: unknown) => void) => Promise<void>;

/**
 * The validator of one path of a contract. Each path has its own, made from a contract that knows only this path:
 * express-openapi-validator compiles every route's expression on every request, so a contract of one route costs one.
 * Throws (through the promise) a Failure: `invalid` with fields, `unsupported`, `not_acceptable`.
 */
export function validator(contract: Contract, path: string, options: Options): Validate {
  const steps = middleware({
    apiSpec: permissive(narrow(contract, path)) as never,
    validateApiSpec: false,
    validateSecurity: false,
    validateRequests: { allErrors: true, allowUnknownQueryParameters: options.unknownQuery },
    validateResponses: options.checkResponses,
    fileUploader: false,
    useRequestUrl: true,
  });
  return async (request, response, late) => {
    setQuery(request, shielded);
    try {
      await run(steps, request, response, late);
    } catch (thrown) {
      throw fromValidator(thrown);
    } finally {
      setQuery(request, bared);
    }
  };
}

// The validator takes `tag[]=a` for an object `tag`; so it never sees a bracket in a parameter's name.
const shielded = (name: string) => name.replaceAll('[', '⟦');
const bared = (name: string) => name.replaceAll('⟦', '[');

function setQuery(request: Request, rename: (name: string) => string): void {
  const query = Object.fromEntries(Object.entries(request.query).map(([name, value]) => [rename(name), value]));
  Object.defineProperty(request, 'query', { value: query, writable: true, configurable: true, enumerable: true });
}

/** Runs middlewares in order. One that calls `next` with an error after all have run is a late one. */
export function run(
  steps: readonly RequestHandler[],
  request: Request,
  response: Response,
  late: (thrown: unknown) => void = () => {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let done = false;
    const step = (index: number): NextFunction =>
      ((thrown?: unknown) => {
        if (done) return thrown === undefined ? undefined : late(thrown);
        const next = steps[index];
        if (next && thrown === undefined) return void next(request, response, step(index + 1));
        done = true;
        return thrown === undefined ? resolve() : reject(thrown);
      }) as NextFunction;
    step(0)();
  });
}

/** Characters such as `:` are legal in a query value as they stand; the validator refuses them unless told so. */
function permissive(contract: Contract): Contract {
  const visit = (node: unknown): void => {
    if (!node || typeof node !== 'object') return;
    if ((node as Node).in === 'query' && 'schema' in node) {
      Object.assign(node, { allowReserved: true, name: shielded(String((node as Node).name)) });
    }
    Object.values(node).forEach(visit);
  };
  visit(contract);
  return contract;
}

const kinds: Record<number, Kind> = { 400: 'invalid', 404: 'not_found', 406: 'not_acceptable', 415: 'unsupported' };

/** A complaint of the validator as a Failure: fields named as the caller wrote them, without `request/body/…`. */
export function fromValidator(thrown: unknown): unknown {
  const { status, path, message, errors } = thrown as Complaint;
  const kind = kinds[status];
  if (!(thrown instanceof Error) || !kind) return thrown;
  if (kind !== 'invalid') return new Failure(kind, sentence(message), { cause: thrown });

  const fields: Record<string, string[]> = {};
  for (const error of errors?.length ? errors : [{ path: path ?? '', message }]) {
    const field = bared(error.path.split('/').slice(2).join('.')) || 'body';
    const list = fields[field] ?? [];
    fields[field] = list;
    const words = worded(error.message);
    if (!list.includes(words)) list.push(words);
  }
  const all = Object.entries(fields).map(([field, messages]) => `${field} ${messages.join(' and ')}`);
  return new Failure('invalid', sentence(all.join('; ')), { fields, cause: thrown });
}

/** The validator's messages, said of the field that they are about. */
function worded(message: string): string {
  if (message.startsWith('must have required property')) return 'is required';
  if (message.startsWith('Empty value')) return 'must not be empty';
  if (message.startsWith('Unknown query parameter')) return 'is not a known parameter';
  return message === 'must NOT have additional properties' ? 'is not a known attribute' : message;
}

function sentence(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}
