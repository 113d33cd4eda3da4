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
  const given = ['ctx', ...path.map(({ value }) => quoted(String(value)))];
  const before = [];
  if (method.body?.kind === 'form') {
    const [file = 'file'] = method.body.files;
    before.push(
      `content, err := os.Open(${quoted(String(body?.[file] ?? 'cat.jpg'))})`,
      'if err != nil {\n\t\tpanic(err)\n\t}',
    );
    given.push('content');
  } else if (method.body) {
    before.push(
      `var body latchkey.${typeOf(surface, resource, method)}`,
      `if err := json.Unmarshal([]byte(${raw(JSON.stringify(body ?? {}))}), &body); err != nil {\n\t\tpanic(err)\n\t}`,
    );
    given.push('body');
  }
  if (method.params.some(({ place }) => place === 'query')) {
    const fields = query.map(({ name, value }) => `${exported(name)}: latchkey.Ptr(${quoted(value)})`);
    given.push(
      `&latchkey.${prefixOf(surface)}${capital(resource.name)}${capital(method.name)}Query{${fields.join(', ')}}`,
    );
  }
  const call = `c.${names.map(capital).join('.')}(${given.join(', ')})`;
  const imports = [
    '"context"',
    method.body && method.body.kind !== 'form' && '"encoding/json"',
    '"fmt"',
    '"os"',
    '',
    '"latchkey.internal/client"',
  ];
  const credential = [
    dress === 'gotrue' && 'ApplicationKey: os.Getenv("LATCHKEY_APPLICATION_KEY")',
    !open && 'APIKey: os.Getenv("LATCHKEY_API_KEY")',
  ].filter(Boolean);
  const lines = [
    'ctx := context.Background()',
    `c := latchkey.New(latchkey.Options{${['URL: os.Getenv("LATCHKEY_URL")', ...credential].join(', ')}})`,
    ...before,
    ...callOf(sample, call),
  ];
  return `package main\n\nimport (\n${imports
    .filter((one) => one !== false && one !== null)
    .map((one) => (one ? `\t${one}` : ''))
    .join('\n')}\n)\n\nfunc main() {\n${lines.map((line) => `\t${line}`).join('\n')}\n}`;
}

const prefixOf = ({ place }) => place.split('.').map(capital).join('');

/** The Go type of a body: the contract's name for it, or that of the method. */
export function typeOf(surface, resource, method) {
  const name = /([^/]+)$/.exec(method.body?.schema?.$ref ?? '')?.[1];
  return prefixOf(surface) + (name ? exported(name) : `${capital(resource.name)}${capital(method.name)}Body`);
}

function callOf(sample, call) {
  const { method } = sample;
  const failed = 'if err != nil {\n\t\tpanic(err)\n\t}';
  const name = resultOf(sample);
  if (method.pages || ['events', 'lines'].includes(method.answer.kind)) {
    const one = method.pages ? 'one' : name;
    return [
      `for ${one}, err := range ${call} {\n\t\tif err != nil {\n\t\t\tpanic(err)\n\t\t}\n\t\tfmt.Println(${one})\n\t}`,
    ];
  }
  if (name === undefined) return [`if err := ${call}; err != nil {\n\t\tpanic(err)\n\t}`, 'fmt.Println("done")'];
  return [`${name}, err := ${call}`, failed, `fmt.Println(${name})`];
}
