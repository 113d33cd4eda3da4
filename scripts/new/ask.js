import { parseArgs } from 'node:util';
import { fieldWords, namesOf, resourceWords } from './names.js';
import { surfaces, unserved } from './surfaces/index.js';
import { types } from './types.js';

const example = 'npm run new -- sword --surface mage --fields name:string,damage:integer';

export const usage = `Writes an endpoint: contract, table, resource, policy, presenter, test.

  ${example}

  --surface  ${Object.keys(surfaces).join(', ')}
  --fields   name:type, with commas between them; a type is one of
${Object.entries(types)
  .map(([name, { about }]) => `             ${name.padEnd(8)} ${about}`)
  .join('\n')}`;

/** Something that was asked wrongly: its message is the one line that says so, and what to do. */
export class Mistake extends Error {}

/**
 * What is to be written: its names, its fields, and the surface. Throws a Mistake.
 * @param {string[]} args
 */
export function ask(args) {
  const { values, positionals } = parsed(args);
  const [name, ...more] = positionals;
  if (name === undefined) throw new Mistake(`What is it called? Write, for example: ${example}`);
  if (more.length > 0) {
    throw new Mistake(
      `One name at a time, and ${more.join(', ')} came after ${name}: write ${[name, ...more].join('_')}?`,
    );
  }
  return { surface: surfaceOf(values.surface), names: nameOf(name), fields: fieldsOf(values.fields) };
}

function parsed(args) {
  const options = { surface: { type: 'string' }, fields: { type: 'string' } };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new Mistake(`${error.message.split(/\.\s/)[0]}. Write, for example: ${example}`);
  }
}

function surfaceOf(name) {
  const all = Object.keys(surfaces).join(', ');
  if (name === undefined) throw new Mistake(`On which surface? Add --surface and one of: ${all}`);
  if (Object.hasOwn(surfaces, name)) return surfaces[name];
  if (Object.hasOwn(unserved, name)) throw new Mistake(`${unserved[name]} Choose one of: ${all}`);
  throw new Mistake(`There is no surface ${name}. Choose one of: ${all}`);
}

function nameOf(name) {
  if (!/^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/.test(name) || name.length > 40) {
    throw new Mistake(`${name} is no name: write it in lower case, as magic_sword, in at most 40 characters.`);
  }
  const names = namesOf(name);
  if (names.back !== name) throw new Mistake(`${name} is not a singular: write ${names.back}.`);
  if (names.plural === name) throw new Mistake(`${name} has no plural of its own: choose another name.`);
  const reserved = resourceWords(names);
  if (reserved) throw new Mistake(`${name} cannot be used: ${reserved}. Choose another name.`);
  return names;
}

function fieldsOf(text) {
  const all = Object.keys(types).join(', ');
  if (!text) throw new Mistake('It has no fields: add --fields name:string, with commas between several.');
  const fields = text.split(',').map((part) => {
    const [name = '', type, ...rest] = part.trim().split(':');
    if (!/^[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*$/.test(name) || name.length > 40) {
      throw new Mistake(`${name || part || 'Nothing'} is no name of a field: write it in lower case, as edge_length.`);
    }
    const reserved = fieldWords(name);
    if (reserved) throw new Mistake(`The field ${name} cannot be used: ${reserved}. Choose another name.`);
    if (type === undefined || rest.length > 0 || !Object.hasOwn(types, type)) {
      const said = type === undefined ? 'no type' : `the type ${[type, ...rest].join(':')}`;
      throw new Mistake(`The field ${name} has ${said}: write ${name}: and one of ${all}.`);
    }
    return { name, ...types[type], type };
  });
  const twice = fields.find(({ name }, index) => fields.findIndex((field) => field.name === name) !== index);
  if (twice) throw new Mistake(`The field ${twice.name} is there twice: name each once.`);
  return fields;
}
