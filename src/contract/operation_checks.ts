import type { RequestHandler } from 'express';
import { AjvOptions } from 'express-openapi-validator/dist/framework/ajv/options.js';
import { defaultSerDes } from 'express-openapi-validator/dist/framework/base.serdes.js';
import { RequestValidator } from 'express-openapi-validator/dist/middlewares/openapi.request.validator.js';
import { ResponseValidator } from 'express-openapi-validator/dist/middlewares/openapi.response.validator.js';
import { SchemaPreprocessor } from 'express-openapi-validator/dist/middlewares/parsers/schema.preprocessor.js';
import { type Contract, type Node, type Operation, resolve } from './contract.ts';
import { loneOperation } from './lone_operation.ts';

/** How a surface has its requests checked. */
export interface CheckOptions {
  /** Leave query parameters that the contract does not name to the policy. */
  unknownQuery: boolean;
  /** Hold every answer against the contract as well. */
  checkResponses: boolean;
}

/** express-openapi-validator's checks of one operation, and what they want to find on its requests, besides the parameters of the path. */
export interface Checks {
  steps: RequestHandler[];
  openapi: object;
}

/** Our own names for how a surface writes times; envelopes convert by them. */
const formats = {
  'epoch-milliseconds': { type: 'string' as const, validate: (text: string) => /^\d{13}$/.test(text) },
  'epoch-seconds': { type: 'number' as const, validate: (seconds: number) => seconds >= 0 },
};

const made = new WeakMap<Contract, Map<string, Checks>>();

/**
 * The checks of one operation, made when they are asked for first: that takes some milliseconds. Once for a contract, however many apps of a
 * process serve it.
 * @param rename what the validator is shown in the place of a query parameter's name
 */
export function checksOf(
  contract: Contract,
  operation: Operation,
  options: CheckOptions,
  rename: (name: string) => string,
): Checks {
  const ofContract = made.get(contract) ?? new Map<string, Checks>();
  made.set(contract, ofContract);
  const key = `${operation.id} ${JSON.stringify(options)}`;
  const checks = ofContract.get(key) ?? makeChecks(contract, operation, options, rename);
  ofContract.set(key, checks);
  return checks;
}

/** As express-openapi-validator puts them together for a whole contract, without what it does before: see docs/adr/0001. */
function makeChecks(
  contract: Contract,
  operation: Operation,
  { unknownQuery, checkResponses }: CheckOptions,
  rename: (name: string) => string,
): Checks {
  const lone = loneOperation(contract, operation, checkResponses);
  permit(lone, rename);
  const ofAnswers = checkResponses && ({ removeAdditional: false, coerceTypes: false, onError: null } as never);
  const ajv = new AjvOptions({
    apiSpec: lone as never,
    validateApiSpec: false,
    validateSecurity: false,
    validateRequests: { allErrors: true, allowUnknownQueryParameters: unknownQuery },
    validateResponses: ofAnswers,
    fileUploader: false,
    operationHandlers: false,
    $refParser: { mode: 'bundle' },
    validateFormats: true,
    ajvFormats: { mode: 'fast' },
    formats,
    serDes: defaultSerDes,
  });
  const preprocessor = new SchemaPreprocessor(lone as never, ajv.preprocessor, ofAnswers as never);
  // Its own compiles whatever a reference names, to look at the schema alone: half of what checks cost to make.
  Object.assign(preprocessor, { resolveSchema: (node?: Node) => (node ? resolve(lone, node) : null) });
  const { apiDocRes } = preprocessor.preProcess();
  const asked = new RequestValidator(lone as never, ajv.request);
  const method = operation.method.toLowerCase();
  const nodeIn = (document: unknown) => ((document as Contract).paths[operation.path] as Node)[method];
  const openapi = { expressRoute: operation.path, openApiRoute: operation.path, schema: nodeIn(lone), serial: 0 };
  const steps: RequestHandler[] = [(request, response, next) => void asked.validate(request as never, response, next)];
  if (!checkResponses) return { steps, openapi };
  steps.push(new ResponseValidator(apiDocRes, ajv.response, ofAnswers as never, 0).validate());
  return { steps, openapi: { ...openapi, _responseSchema: nodeIn(apiDocRes) } };
}

/** Characters such as `:` are legal in a query value as they stand; the validator refuses them unless told so. */
function permit(node: unknown, rename: (name: string) => string): void {
  if (!node || typeof node !== 'object') return;
  if ((node as Node).in === 'query' && 'schema' in node)
    Object.assign(node, { allowReserved: true, name: rename(String((node as Node).name)) });
  for (const below of Object.values(node)) permit(below, rename);
}
