import { docstring, literal, pascal, snake } from './python_names.js';

/**
 * The types of a surface in Python: dataclasses for what is answered, TypedDicts for what is sent. One is written when it is
 * asked for; what nobody asks for is not there.
 * @param {import('./model.d.ts').Surface} surface
 */
export function typesOf(surface) {
  const names = new Map();
  const written = new Map();
  const contract = { components: { schemas: surface.schemas } };

  /** @returns {{name?: string, schema: any}} what a schema is, and what it is called */
  const followed = (schema = {}) => {
    if (typeof schema.$ref !== 'string') return { schema };
    const name = schema.$ref.split('/').pop();
    const target = followed(contract.components.schemas[name]);
    return { name: target.name ?? name, schema: target.schema };
  };

  const alternatives = (schema) => schema.oneOf ?? schema.anyOf;
  const isObject = (schema) =>
    schema.properties !== undefined && Object.keys(schema.properties).length > 0 && !alternatives(schema);

  /** The annotation of a schema; `place` names what has no name of its own. */
  const annotation = (node, place, sent) => {
    const { name, schema } = followed(node);
    const choices = alternatives(schema);
    if (choices) return joined(choices.map((one, at) => annotation(one, `${place}${at + 1}`, sent)));
    if (schema.const !== undefined) return `Literal[${literal(schema.const)}]`;
    if (schema.enum) return enumeration(schema.enum);
    const kinds = [schema.type ?? (isObject(schema) ? 'object' : 'any')].flat();
    return joined(kinds.map((kind) => simple(kind, schema, name ? pascal(name) : place, sent)));
  };

  const simple = (kind, schema, place, sent) => {
    if (kind === 'null') return 'None';
    if (kind === 'boolean') return 'bool';
    if (kind === 'integer') return 'int';
    if (kind === 'number') return 'float';
    if (kind === 'string') {
      if (schema.format === 'binary') return 'FileInput';
      if (schema.format === 'date-time') return sent ? 'datetime | str' : 'datetime';
      return 'str';
    }
    if (kind === 'array') return `${sent ? 'Sequence' : 'list'}[${annotation(schema.items, `${place}Item`, sent)}]`;
    if (kind === 'object') {
      if (isObject(schema)) return sent ? input(schema, place) : model(schema, place);
      const more = schema.additionalProperties;
      const value = more && typeof more === 'object' ? annotation(more, `${place}Value`, sent) : 'Any';
      return `${sent ? 'Mapping' : 'dict'}[str, ${value}]`;
    }
    return 'Any';
  };

  /** One class for each shape under its name; another shape with this name gets a number. */
  const named = (schema, wanted, write) => {
    for (let number = 1; ; number += 1) {
      const name = number === 1 ? wanted : `${wanted}${number}`;
      const other = names.get(name);
      if (other === schema) return name;
      if (other) continue;
      names.set(name, schema);
      written.set(name, undefined);
      written.set(name, write(name));
      return name;
    }
  };

  const model = (schema, place) => named(schema, place, (name) => dataclass(name, schema));
  const input = (schema, place) => named(inputs(schema), `${place}Input`, (name) => typedDict(name, schema));
  const made = new Map();
  const inputs = (schema) => made.get(schema) ?? made.set(schema, { schema }).get(schema);

  const dataclass = (name, schema) => {
    const fields = Object.entries(schema.properties).map(([wire, property]) => {
      const isRequired = schema.required?.includes(wire);
      const kind = annotation(property, name + pascal(wire), false);
      const own = snake(wire);
      const annotated = isRequired || /\bNone\b|^Any$/.test(kind) ? kind : `${kind} | None`;
      const options = [
        ...(isRequired ? [] : ['default=None']),
        ...(own === wire ? [] : [`metadata={"wire": ${literal(wire)}}`]),
      ];
      const value = options.length === 0 ? '' : own === wire ? ' = None' : ` = field(${options.join(', ')})`;
      return { isRequired, text: `${comment(property)}    ${own}: ${annotated}${value}\n` };
    });
    const sorted = [...fields.filter((one) => one.isRequired), ...fields.filter((one) => !one.isRequired)];
    return `@dataclass(frozen=True)\nclass ${name}:\n${docstring(schema.description ?? words(name), 4)}\n${sorted.map((one) => one.text).join('')}`;
  };

  const comment = (property) => {
    const said = property.description ?? followed(property).schema.description;
    return said ? `    #: ${said.trim().replace(/\s+/g, ' ')}\n` : '';
  };

  /** In its functional form, as names of the wire need not be names of Python. */
  const typedDict = (name, schema) => {
    const entries = Object.entries(schema.properties).filter(([, property]) => !property.readOnly);
    const pairs = (wanted) =>
      entries
        .filter(([wire]) => Boolean(schema.required?.includes(wire)) === wanted)
        .map(
          ([wire, property]) =>
            `        ${literal(wire)}: ${quoted(annotation(property, name + pascal(wire), true))},\n`,
        )
        .join('');
    const [must, may] = [pairs(true), pairs(false)];
    if (must === '') return `${name} = TypedDict(\n    "${name}",\n    {\n${may}    },\n    total=False,\n)\n`;
    if (may === '') return `${name} = TypedDict(\n    "${name}",\n    {\n${must}    },\n)\n`;
    const base = `_${name}Must`;
    const optional = `_${name}May`;
    return (
      `${base} = TypedDict(\n    "${base}",\n    {\n${must}    },\n)\n${optional} = TypedDict(\n    "${optional}",\n    {\n${may}    },\n    total=False,\n)\n\n\n` +
      `class ${name}(${base}, ${optional}):\n${docstring(schema.description ?? words(name), 4)}`
    );
  };

  const text = () => [...written.values()].join('\n\n');
  return { annotation, followed, isObject, alternatives, text, names: () => [...written.keys()].sort() };
}

const quoted = (kind) => literal(kind.replaceAll('"', "'"));
const words = (name) => `${name}.`;

function enumeration(values) {
  const others = values.filter((value) => value !== null);
  const word = `Literal[${others.map(literal).join(', ')}]`;
  return others.length < values.length ? `${word} | None` : word;
}

/** Alternatives, each once, nothing last. */
function joined(kinds) {
  const parts = [...new Set(kinds.flatMap((kind) => split(kind)))];
  if (parts.includes('Any')) return 'Any';
  const isNone = (part) => part === 'None';
  return [...parts.filter((part) => !isNone(part)), ...parts.filter(isNone)].join(' | ');
}

/** At bars that are in no bracket and no text. */
function split(kind) {
  const parts = [''];
  let depth = 0;
  let isText = false;
  for (const letter of kind) {
    if (letter === '"') isText = !isText;
    if (!isText && letter === '[') depth += 1;
    if (!isText && letter === ']') depth -= 1;
    if (letter === '|' && depth === 0 && !isText) parts.push('');
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim());
}
