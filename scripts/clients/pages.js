import { resolved } from './contract.js';

/** The query parameters by which each kind of list goes on. */
export const steps = {
  cursor: ['cursor', 'limit'],
  skip: ['skip', 'limit'],
  page: ['page', 'pageSize'],
  offset: ['_offset', '_limit'],
};

/** How a list goes on, by the parameters that it has; `whole` where all of it is in one answer. */
export function pagesOf(contract, name, params, answer) {
  if (answer.kind !== 'json' || !/^list/.test(name)) return null;
  const items = itemsOf(contract, answer.schema);
  if (items === undefined) return null;
  const has = (wanted) => params.some((param) => param.place === 'query' && param.name === wanted);
  const kind = Object.keys(steps).find((one) => has(steps[one][0])) ?? 'whole';
  return { kind, items };
}

/** The key that has the list: where there are alternatives, that of the one which is no error. */
function itemsOf(contract, node) {
  const schema = resolved(contract, node ?? {});
  if (schema.type === 'array') return '';
  for (const one of schema.oneOf ?? []) {
    const found = itemsOf(contract, one);
    if (found !== undefined) return found;
  }
  const isList = ([, property]) => resolved(contract, property).type === 'array';
  return Object.entries(schema.properties ?? {}).find(isList)?.[0];
}
