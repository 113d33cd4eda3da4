import { resolved } from '../../../scripts/clients/contract.js';
import { type Method, modelOf, readContracts, type Surface } from '../../../scripts/clients/model.js';
import { unlike } from '../varying.ts';

/** The contracts as they are published, by surface. */
export const contracts = readContracts();
/** Their operations. */
export const model = modelOf(contracts);
export const methodsOf = (surface: Surface): Method[] => surface.resources.flatMap(({ methods }) => methods);

export type Example = [name: string, value: unknown];

/** A documented answer: under which name it stands for all operations that refer to it, and its examples. */
export interface Documented {
  /** The response of the components that it refers to. */
  name: string | undefined;
  /** The media types that it has. */
  types: string[];
  examples: Example[];
}

/** What is documented for a status of an operation, by itself or with its hundred. */
export function documentedOf({ surface }: Surface, { verb, path }: Method, status: number): Documented | undefined {
  // biome-ignore lint/suspicious/noExplicitAny: a contract is walked freely
  const contract = contracts[surface] as any;
  const { responses } = contract.paths[path][verb.toLowerCase()];
  const said = responses[status] ?? responses[`${String(status)[0]}XX`];
  if (said === undefined) return undefined;
  const { content = {} } = resolved(contract, said);
  const { example, examples = {} } = content['application/json'] ?? {};
  const named = Object.entries(examples).map(([name, one]): Example => [name, resolved(contract, one).value]);
  return {
    name: said.$ref?.split('/').at(-1),
    types: Object.keys(content),
    examples: example === undefined ? named : [['example', example], ...named],
  };
}

/** Mage says with 200 that it refuses. */
const isRefusal = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  'error' in value &&
  Object.keys(value).length === 2 &&
  ('url_parameters' in value || 'status' in value);

/** The examples of what is done, where there are any. */
export function ofWhatIsDone(examples: Example[]): Example[] {
  const done = examples.filter(([, value]) => !isRefusal(value));
  return done.length > 0 ? done : examples;
}

/** How far an answer is from the nearest of the documented ones. */
export function distance(examples: Example[], body: unknown): string[] {
  const found = examples.map(([, example]) => unlike(example, body));
  return found.sort((one, other) => one.length - other.length)[0] ?? ['no example'];
}
