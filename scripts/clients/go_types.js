import { comment, exported, literal } from './go_names.js';

/**
 * The types of a surface in Go, written when they are asked for.
 * @param {import('./model.d.ts').Surface} surface @param {Iterable<string>} reserved names that are something else in its package
 */
export function typesOf(surface, reserved = []) {
  const names = new Map([...reserved].map((name) => [name, undefined]));
  const written = [];

  /** @returns {{name?: string, schema: any}} what a schema is, and what it is called */
  const followed = (schema = {}) => {
    if (typeof schema.$ref !== 'string') return { schema };
    const name = schema.$ref.split('/').pop();
    const target = followed(surface.schemas[name]);
    return { name: target.name ?? name, schema: target.schema };
  };
  const alternatives = (schema) => schema.oneOf ?? schema.anyOf;
  const isObject = (schema) => Object.keys(schema.properties ?? {}).length > 0 && !alternatives(schema);

  /** What a schema is in Go, and whether it may be null; `place` names what has no name of its own. */
  const typeOf = (node, place, sent) => {
    const { name, schema } = followed(node);
    const choices = alternatives(schema);
    if (choices) {
      const real = choices.filter((one) => followed(one).schema.type !== 'null');
      const nullable = real.length < choices.length;
      if (real.length === 1) return { ...typeOf(real[0], place, sent), nullable };
      const objects = real.map((one) => followed(one).schema);
      if (sent || !objects.every(isObject)) return { type: 'any', nullable: false, isOpen: true };
      return { type: struct(merged(schema, objects), place, false), nullable };
    }
    const kinds = [schema.type ?? (isObject(schema) ? 'object' : 'any')].flat();
    const real = kinds.filter((kind) => kind !== 'null');
    const nullable = real.length < kinds.length || Boolean(schema.enum?.includes(null));
    if (real.length !== 1) return { type: 'any', nullable: false, isOpen: true };
    return { ...simple(real[0], schema, name ? exported(name) : place, sent), nullable };
  };

  const simple = (kind, schema, place, sent) => {
    if (kind === 'boolean') return { type: 'bool' };
    if (kind === 'integer') return { type: 'int' };
    if (kind === 'number') return { type: 'float64' };
    if (kind === 'string') {
      if (schema.format === 'binary') return { type: '*core.Upload', isOpen: true };
      return { type: schema.format === 'date-time' ? 'time.Time' : 'string' };
    }
    if (kind === 'array') {
      const item = typeOf(schema.items, `${place}Item`, sent);
      return { type: `[]${item.nullable && !item.isOpen ? '*' : ''}${item.type}`, isOpen: true };
    }
    if (kind === 'object') {
      if (isObject(schema)) return { type: struct(schema, place, sent) };
      const more = schema.additionalProperties;
      const value = more && typeof more === 'object' ? typeOf(more, `${place}Value`, sent).type : 'any';
      return { type: `map[string]${value}`, isOpen: true };
    }
    return { type: 'any', isOpen: true };
  };

  const merges = new Map();
  const merged = (schema, objects) => {
    if (!merges.has(schema)) {
      const properties = Object.assign({}, ...objects.map((one) => one.properties));
      merges.set(schema, {
        description: schema.description ?? 'One of several shapes: what is not in it is not there.',
        properties,
        required: [],
      });
    }
    return merges.get(schema);
  };

  /** One struct for each shape under its name. What is sent has a shape of its own, as it may leave things out. */
  const structs = { true: new Map(), false: new Map() };
  const struct = (schema, wanted, sent, candidates = sent ? [`${wanted}Input`] : [wanted]) => {
    const known = structs[sent].get(schema);
    if (known) return known;
    const name = free([...candidates, `${wanted}Object`]);
    names.set(name, schema);
    structs[sent].set(schema, name);
    const at = written.push('') - 1;
    const fields = Object.entries(schema.properties)
      .filter(([, property]) => !sent || !property.readOnly)
      .map(([wire, property]) => fieldOf(name, schema, wire, property, sent));
    const said = schema.description ? `${name}: ${schema.description}` : `${name} is what its name says.`;
    written[at] = `${comment(said)}type ${name} struct {\n${fields.join('\n')}}\n`;
    return name;
  };
  const free = (candidates) => {
    const found = candidates.find((name) => !names.has(name));
    if (found) return found;
    for (let number = 2; ; number += 1) if (!names.has(candidates[0] + number)) return candidates[0] + number;
  };

  const fieldOf = (name, schema, wire, property, sent) => {
    const isRequired = schema.required?.includes(wire);
    const { type, nullable, isOpen } = typeOf(property, name + exported(wire), sent);
    const said = property.description ?? followed(property).schema.description;
    const head = comment(said, '\t');
    const line = (kind, option) => `${head}\t${exported(wire)} ${kind} \`json:${literal(wire + option)}\`\n`;
    if (isOpen) return line(type, isRequired ? '' : ',omitzero');
    if (sent && nullable && !isRequired) return line(`core.Field[${type}]`, ',omitzero');
    if (nullable || !isRequired) return line(`*${type}`, isRequired ? '' : ',omitempty');
    return line(type, '');
  };

  return {
    typeOf,
    followed,
    alternatives,
    isObject,
    /** The struct of a whole body. */
    bodyOf: (node, place) => {
      const { name, schema } = followed(node);
      const wanted = name ? exported(name) : place;
      return struct(schema, wanted, true, [wanted, `${wanted}Input`]);
    },
    text: () => written.join('\n'),
  };
}
