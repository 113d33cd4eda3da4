import { dirname, resolve } from 'node:path';

/** Rules of our own for `redocly lint`, beside those that redocly.yaml makes of assertions. */
export default function contractRules() {
  return { id: 'latchkey', rules: { oas3: { 'no-inline-duplicates': noInlineDuplicates } } };
}

/** From so many properties on, a schema that stands twice is one thing, and has a name. */
const most = 2;
/** What may differ between two that are the same. */
const beside = ['description', 'example', 'examples', 'title'];

/**
 * Two objects within other schemas that have the same properties: clients get two types for one thing, and a change of one is forgotten in
 * the other. Of each contract by itself.
 */
export function noInlineDuplicates() {
  const first = new Map();
  return {
    Schema(schema, { location, report }) {
      const { pointer, source } = location;
      if (isNamed(pointer) || Object.keys(schema.properties ?? {}).length <= most) return;
      const form = JSON.stringify(formOf(schema, source.absoluteRef));
      const at = `${source.absoluteRef}${pointer}`;
      const other = first.get(form);
      if (other === undefined) first.set(form, at);
      else if (other !== at)
        report({ message: `The same schema stands at ${other}: give it a name, and refer to it.`, location });
    },
  };
}

/** Those of `schemas` have a name already. */
const isNamed = (pointer) => /^#\/(components\/)?schemas\/[^/]+$/.test(pointer);

/** A schema without what is said about it; its references as from everywhere. */
function formOf(node, file) {
  if (Array.isArray(node)) return node.map((one) => formOf(one, file));
  if (typeof node !== 'object' || node === null) return node;
  const parts = Object.entries(node)
    .filter(([name, value]) => !(beside.includes(name) && typeof value !== 'object') && name !== 'examples')
    .map(([name, value]) => [name, name === '$ref' ? absolute(value, file) : formOf(value, file)]);
  return Object.fromEntries(parts.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function absolute(reference, file) {
  const [path, pointer] = reference.split('#');
  return `${path === '' ? file : resolve(dirname(file), path)}#${pointer}`;
}
