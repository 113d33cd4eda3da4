import pluralize from 'pluralize';

/**
 * Where a method of the clients stands and how it is called, from what the contract says: `createKey` is `create` of `keys`.
 *
 * 1. `x-client: resource.method` of the operation says it outright.
 * 2. A verb and a noun, where the noun is what the path begins or ends with, in the plural, or all of it: `listScopes` of `/scopes`
 *    is `scopes.list`.
 * 3. Else the tag is the resource, and its noun is left out of the name: `listKnowledgeBaseLabels` is `knowledgeBases.listLabels`.
 * @param {string} path @param {any} operation
 */
export function nameOf(path, operation) {
  const [own, method] = (operation['x-client'] ?? '').split('.');
  if (method) return { resource: own, method };
  const id = operation.operationId.replace(/V\d+(?=[A-Z])/, '');
  const fixed = path.split('/').filter((step) => /^[a-z]/i.test(step));
  const [, verb = '', noun = ''] = /^([a-z]+)(\w*)$/.exec(id) ?? [];
  const isThing = (step) => fixed.length === 1 || step === 'me' || pluralize.isPlural(step);
  for (const step of [fixed.at(-1) ?? '', fixed[0] ?? ''])
    if (isThing(step) && formsOf(step).slice(0, 2).includes(noun)) return { resource: camel(step), method: verb };
  const [tag = 'root'] = operation.tags ?? [];
  return { resource: camel(tag), method: without(id, formsOf(tag)) };
}

/** A name of a contract as JavaScript writes it: `scaling-configs` and `scaling_configs` are `scalingConfigs`. */
export const camel = (name) => name.replace(/[-_ .[\]]+(\w?)/g, (_, letter) => letter.toUpperCase());

const capital = (name) => name.charAt(0).toUpperCase() + name.slice(1);
const formsOf = (name) => {
  const whole = capital(camel(name));
  const last = /[A-Z][a-z]+$/.exec(whole)?.[0] ?? whole;
  const forms = [whole, pluralize.singular(whole), last, pluralize.singular(last)];
  return forms;
};

/** A name without the first of these nouns that is in it; as it is where it is nothing else. */
function without(id, nouns) {
  const inside = (noun) => new RegExp(`(?:Of)?${noun}(?![a-z])`);
  const found = nouns.find((noun) => inside(noun).test(id));
  return found ? id.replace(inside(found), '') : id;
}
