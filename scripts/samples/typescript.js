import { inspect } from 'node:util';
import { resultOf } from './sample.js';

const written = (value) => inspect(value, { depth: null, breakLength: 100, compact: 3, maxStringLength: null });
const key = (name) => (/^\w+$/.test(name) ? name : written(name));

/** A call with `@latchkey/client`. */
export function typescriptOf(sample) {
  const { method, names, path, query, headers, body, open, dress } = sample;
  const own = query.length > 0 && `{ ${query.map(({ name, value }) => `${key(name)}: ${written(value)}`).join(', ')} }`;
  const given = [...path.map(({ value }) => written(String(value)))];
  if (method.body) given.push(body === undefined ? '{}' : bodyOf(method.body, body));
  const options = [];
  if (own && method.body) options.push(`query: ${own}`);
  else if (own) given.push(own);
  if (headers.length > 0)
    options.push(
      `headers: { ${headers.map(({ name, value }) => `${key(name)}: ${written(String(value))}`).join(', ')} }`,
    );
  if (options.length > 0) given.push(`{ ${options.join(', ')} }`);
  const call = `latchkey.${names.join('.')}(${given.join(', ')})`;
  const credential = [
    dress === 'gotrue' && 'applicationKey: process.env.LATCHKEY_APPLICATION_KEY',
    !open && 'apiKey: process.env.LATCHKEY_API_KEY',
  ].filter(Boolean);
  const settings = ["url: process.env.LATCHKEY_URL ?? 'http://localhost:6789'", ...credential].join(', ');
  return `import { createLatchkey } from '@latchkey/client';

const latchkey = createLatchkey({ ${settings} });
${callOf(sample, call)}`;
}

function callOf(sample, call) {
  const { method } = sample;
  const name = resultOf(sample);
  if (['events', 'lines'].includes(method.answer.kind))
    return `for await (const ${name} of ${call}) console.log(${name});`;
  if (method.pages && method.pages.kind !== 'whole')
    return `const page = await ${call};\nconsole.log(page${method.pages.items === '' ? '' : `.${method.pages.items}`}.length);`;
  if (name === undefined) return `await ${call};`;
  if (name === 'response') return `const response = await ${call};\nconsole.log((await response.blob()).size);`;
  return `const ${name} = await ${call};\nconsole.log(${name});`;
}

function bodyOf({ kind, files }, body) {
  if (kind !== 'form') return written(body);
  const fields = Object.entries(body).map(([name, value]) =>
    files.includes(name)
      ? `${key(name)}: new File(['…'], ${written(String(value))})`
      : `${key(name)}: ${written(value)}`,
  );
  return `{ ${fields.join(', ')} }`;
}
