import { readFileSync } from 'node:fs';

type Node = Record<string, unknown>;

/** What a contract says of an operation. */
export interface Known {
  id: string;
  /** The names that may be sent, by where. */
  places: { path: Set<string>; query: Set<string>; body: Set<string> };
  /** What must be sent, such as `body.name`. */
  required: string[];
  /** Every name of an attribute that is somewhere in its successful answer. */
  shown: Set<string>;
  /** Whether a request is one of this operation. */
  matches(method: string, path: string): boolean;
}

const surfaces = ['mystic', 'mystic_v3', 'magpipe', 'latchkey'].map((name) =>
  JSON.parse(readFileSync(new URL(`../../generated/${name}.json`, import.meta.url), 'utf8')),
);

/** Every operation that the command line may know. */
export const all: Known[] = surfaces.flatMap((contract) => {
  const look = (node: unknown): Node => {
    const { $ref } = (node ?? {}) as { $ref?: string };
    if ($ref === undefined) return (node ?? {}) as Node;
    return look(
      $ref
        .slice(2)
        .split('/')
        .reduce((at, step) => at[step] as Node, contract as Node),
    );
  };
  return Object.entries<Node>(contract.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => (operation as Node).operationId)
      .map(([method, operation]) => knownOf(contract.servers[0].url + path, method, item, operation as Node, look)),
  );
});

/** The operation of this id. */
export const known = (id: string): Known | undefined => all.find((operation) => operation.id === id);

function knownOf(path: string, method: string, item: Node, operation: Node, look: (node: unknown) => Node): Known {
  const parameters = [...((item.parameters as []) ?? []), ...((operation.parameters as []) ?? [])].map(look);
  const named = (place: string) => parameters.filter((parameter) => parameter.in === place);
  const [content] = Object.values(look(operation.requestBody).content ?? {});
  const body = look((content as Node)?.schema);
  const success = Object.entries(operation.responses as Node).find(([status]) => status.startsWith('2'))?.[1];
  const [shown] = Object.values(look(success).content ?? {});
  const names = (place: string) => new Set(named(place).map(({ name }) => name as string));
  const pattern = new RegExp(`^${path.replace(/\{\w+\}/g, '.+')}$`);
  return {
    id: operation.operationId as string,
    places: { path: names('path'), query: names('query'), body: new Set(Object.keys(body.properties ?? {})) },
    required: [
      ...parameters.filter(({ required }) => required).map((its) => `${its.in}.${its.name}`),
      ...((body.required as string[]) ?? []).map((name) => `body.${name}`),
    ],
    shown: attributes(look((shown as Node)?.schema), look, new Set()),
    matches: (asked, at) => asked === method.toUpperCase() && pattern.test(at),
  };
}

/** The names of all properties below a schema. */
function attributes(schema: Node, look: (node: unknown) => Node, names: Set<string>): Set<string> {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    names.add(name);
    attributes(look(property), look, names);
  }
  const below = [schema.items, ...['oneOf', 'anyOf', 'allOf'].flatMap((word) => (schema[word] as []) ?? [])];
  for (const node of below) if (node) attributes(look(node), look, names);
  return names;
}
