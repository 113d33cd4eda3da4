import { capital, resultOf } from './sample.js';

const quoted = (value) => (typeof value === 'string' ? JSON.stringify(value) : String(value));
const raw = (text) => (text.includes('`') ? JSON.stringify(text) : `\`${text}\``);

/** A name as Go exports it: `_limit` is `Limit`. */
export const exported = (name) =>
  name
    .replace(/^\W*_*/, '')
    .split(/[^A-Za-z\d]+/)
    .map(capital)
    .join('');

/** A call with the module `latchkey`: the context, the values of the path, the body, and what is asked. */
export function goOf(sample) {
  const { method, resource, surface, names, path, query, body, open, dress } = sample;
  const own = packageOf(surface);
  const given = ['ctx', ...path.map(({ value }) => quoted(String(value)))];
  const before = [];
  if (method.body?.kind === 'form') {
    const [field = 'file'] = method.body.files;
    const name = quoted(String(body?.[field] ?? 'cat.jpg'));
    before.push(`content, err := os.Open(${name})`, failed);
    given.push(
      `&${own}.${typeOf(resource, method)}{${exported(field)}: &latchkey.Upload{Name: ${name}, Content: content}}`,
    );
  } else if (method.body) {
    const type = Array.isArray(body) ? '[]map[string]any' : `${own}.${typeOf(resource, method)}`;
    before.push(
      `var body ${type}`,
      `if err := json.Unmarshal([]byte(${raw(JSON.stringify(body ?? {}))}), &body); err != nil {\n\t\tlog.Fatal(err)\n\t}`,
    );
    given.push(Array.isArray(body) ? 'body' : '&body');
  }
  if (method.params.some(({ place }) => place === 'query')) {
    const fields = query.map(({ name }) => `${exported(name)}: &${camel(exported(name))}`);
    before.push(...query.map(({ name, value }) => `${camel(exported(name))} := ${quoted(value)}`));
    const type = `${own}.${capital(resource.name)}${capital(method.name)}Params`;
    given.push(fields.length > 0 ? `&${type}{${fields.join(', ')}}` : 'nil');
  }
  const call = `c.${names.map(capital).join('.')}(${given.join(', ')})`;
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
  const used = ['context', 'encoding/json', 'fmt', 'log', 'os'].filter((name) =>
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
const packageOf = ({ place }) => place.replace('.', '') || 'latchkey';

/** The Go type of a body: the contract's name for it, or that of the method. */
function typeOf(resource, method) {
  const name = /([^/]+)$/.exec(method.body?.schema?.$ref ?? '')?.[1];
  return name ? exported(name) : `${capital(resource.name)}${capital(method.name)}Body`;
}

function callOf(sample, call) {
  const { method } = sample;
  const name = resultOf(sample);
  if (method.pages || ['events', 'lines'].includes(method.answer.kind)) {
    const one = method.pages ? 'one' : name;
    return [
      `for ${one}, err := range ${call} {\n\t\tif err != nil {\n\t\t\tlog.Fatal(err)\n\t\t}\n\t\tfmt.Println(${one})\n\t}`,
    ];
  }
  if (name === undefined) return [`if err := ${call}; err != nil {\n\t\tlog.Fatal(err)\n\t}`, 'fmt.Println("done")'];
  return [`${name}, err := ${call}`, failed, `fmt.Println(${name})`];
}
