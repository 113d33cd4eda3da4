import { exported } from '../clients/go_names.js';
import { resultOf } from './sample.js';

const quoted = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value));
const raw = (text) => (text.includes('`') ? JSON.stringify(text) : `\`${text}\``);

/**
 * A call with the module `latchkey`: the context, the values of the path, the body, and what is asked.
 * @param {import('../clients/go.js').Call} called how the method is called there
 */
export function goOf(sample, called) {
  const { names, path, query, headers, body, open, dress } = sample;
  const own = called.package;
  const given = ['ctx', ...path.map(({ value }) => quoted(String(value)))];
  const before = [];
  const form = called.body && formOf(sample, called);
  if (form) {
    before.push(...form.before);
    given.push(form.value);
  } else if (called.body) {
    const isPointer = called.body.startsWith('*');
    before.push(
      `var body ${within(own, called.body.replace('*', ''))}`,
      `if err := json.Unmarshal([]byte(${raw(JSON.stringify(body ?? {}))}), &body); err != nil {\n\t\tlog.Fatal(err)\n\t}`,
    );
    given.push(isPointer ? '&body' : 'body');
  }
  if (called.params) {
    const asked = [...query, ...headers].map(({ name, value }) => ({ ...called.fields.get(name), value }));
    const pointed = asked.filter(({ isPointer }) => isPointer);
    before.push(...pointed.map(({ field, value }) => `${camel(field)} := ${quoted(value)}`));
    const fields = asked.map(
      ({ field, isPointer, value }) => `${field}: ${isPointer ? `&${camel(field)}` : quoted(value)}`,
    );
    given.push(fields.length > 0 ? `&${own}.${called.params}{${fields.join(', ')}}` : 'nil');
  }
  const call = `c.${[...names.slice(0, -1).map(exported), called.name].join('.')}(${given.join(', ')})`;
  const options = [
    'os.Getenv("LATCHKEY_URL")',
    dress === 'gotrue' && 'latchkey.WithApplicationKey(os.Getenv("LATCHKEY_APPLICATION_KEY"))',
    !open && 'latchkey.WithAPIKey(os.Getenv("LATCHKEY_API_KEY"))',
  ].filter(Boolean);
  const lines = [
    'ctx := context.Background()',
    `c, err := latchkey.New(${options.join(', ')})`,
    failed,
    ...before,
    ...callOf(sample, call),
  ];
  const text = lines.map((line) => `\t${line}`).join('\n');
  const used = ['context', 'encoding/json', 'fmt', 'log', 'os', 'strings'].filter((name) =>
    text.includes(`${name.split('/').at(-1)}.`),
  );
  const ours = [
    'latchkey.local/latchkey',
    ...(own !== 'latchkey' && text.includes(`${own}.`) ? [`latchkey.local/latchkey/${own}`] : []),
  ];
  const imports = [...used.map((name) => `\t"${name}"`), '', ...ours.map((name) => `\t"${name}"`)].join('\n');
  return `package main\n\nimport (\n${imports}\n)\n\nfunc main() {\n${text}\n}`;
}

const failed = 'if err != nil {\n\t\tlog.Fatal(err)\n\t}';
const camel = (name) => name.charAt(0).toLowerCase() + name.slice(1);
/** A type of a package, as it is written outside of it. */
const within = (name, type) => type.replace(/\b[A-Z]\w*/g, (one) => `${name}.${one}`);

/** A body that has a file in it, or is one. */
function formOf({ method, body }, called) {
  const { kind, files } = method.body;
  const upload = (name, content) => `&latchkey.Upload{Name: ${name}, Content: ${content}}`;
  if (kind === 'bytes') return { before: [], value: upload(quoted('cat.jpg'), 'strings.NewReader("meow")') };
  if (kind !== 'form') return undefined;
  const name = quoted(String(body?.[files[0]] ?? 'cat.jpg'));
  const pairs = Object.entries(body ?? {}).filter(([field]) => !files.includes(field));
  const texts = pairs.map(([field, value]) => {
    const isRequired = called.required.includes(field);
    const local = camel(exported(field));
    return isRequired
      ? { before: [], field: `${exported(field)}: ${quoted(value)}` }
      : { before: [`${local} := ${quoted(value)}`], field: `${exported(field)}: &${local}` };
  });
  const fields = [`${exported(files[0])}: ${upload(name, 'content')}`, ...texts.map(({ field }) => field)];
  return {
    before: [`content, err := os.Open(${name})`, failed, ...texts.flatMap(({ before }) => before)],
    value: `&${within(called.package, called.body.slice(1))}{${fields.join(', ')}}`,
  };
}

function callOf(sample, call) {
  const { method } = sample;
  // A result called `log` would hide the package.
  const name = resultOf(sample)?.replace(/^log$/, 'entry');
  if (method.pages || ['events', 'lines'].includes(method.answer.kind)) {
    const one = method.pages ? 'one' : name;
    return [
      `for ${one}, err := range ${call} {\n\t\tif err != nil {\n\t\t\tlog.Fatal(err)\n\t\t}\n\t\tfmt.Println(${one})\n\t}`,
    ];
  }
  if (name === undefined) return [`if err := ${call}; err != nil {\n\t\tlog.Fatal(err)\n\t}`, 'fmt.Println("done")'];
  return [`${name}, err := ${call}`, failed, `fmt.Println(${name})`];
}
