import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Contract, type Node, operationsOf, resolve } from '../../src/contract/contract.ts';
import { router } from '../../src/contract/routes.ts';

interface Answer {
  status: number;
  type: string;
  body: unknown;
}

/**
 * Holds answers against a contract, from outside: the status is documented for the operation, the media type is JSON
 * and the body fits its schema. Returns what is wrong, or undefined. Also sees what the validator inside cannot:
 * errors that are answered before it runs.
 */
export function contractChecker(contract: Contract): Check {
  const check = made.get(contract) ?? makeChecker(contract);
  made.set(contract, check);
  return check;
}

type Check = (method: string, path: string, answer: Answer) => string | undefined;

/** A schema is compiled once, however many files of a worker ask. */
const made = new WeakMap<Contract, Check>();

function makeChecker(contract: Contract): Check {
  const ajv = new Ajv2020({ strict: false, allErrors: true, code: { optimize: false } });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  for (const name of ['epoch-milliseconds', 'epoch-seconds']) ajv.addFormat(name, true);
  ajv.addSchema({ $id: 'contract', ...contract });
  const find = router(operationsOf(contract));
  const compiled = new Map<string, ValidateFunction>();

  return (method, path, { status, type, body }) => {
    const place = find(path.split('?')[0] ?? path);
    const operation = place?.operations.get(method === 'HEAD' ? 'GET' : method);
    if (!place || !operation || method === 'HEAD' || status === 304) return undefined;
    const item = contract.paths[place.path] as Record<string, Node>;
    const responses = item[method.toLowerCase()]?.responses as Record<string, Node>;
    const key = [String(status), `${String(status)[0]}XX`].find((candidate) => candidate in responses);
    if (!key) return `${method} ${path}: the status ${status} is not in the contract`;
    const pointer =
      responses[key]?.$ref ?? `#/paths/${place.path.replaceAll('/', '~1')}/${method.toLowerCase()}/responses/${key}`;
    const { content } = resolve(contract, responses[key] as Node) as { content?: Record<string, Node> };
    if (!content || !('application/json' in content)) return undefined;
    // The same in another form, of which a schema says nothing.
    if (type !== 'application/json' && type in content) return undefined;
    if (!type.startsWith('application/json')) return `${method} ${path}: the type ${type} is not in the contract`;
    const reference = `contract${String(pointer)}/content/application~1json/schema`;
    const validate = compiled.get(reference) ?? ajv.compile({ $ref: reference });
    compiled.set(reference, validate);
    if (validate(body)) return undefined;
    return `${method} ${path} ${status}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`;
  };
}
