import { snake } from '../clients/python_names.js';
import { resultOf } from './sample.js';

/** A JSON value as Python writes it. */
export function written(value) {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, one]) => `${JSON.stringify(name)}: ${written(one)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}

/** A call with the package `latchkey`: the values of the path, the body, and the query by name. */
export function pythonOf(sample) {
  const { method, names, path, query, headers, body, open, dress } = sample;
  const given = [...path.map(({ value }) => written(String(value)))];
  if (method.body?.kind === 'bytes') given.push('b"meow"');
  else if (Array.isArray(body)) given.push(written(body));
  else if (method.body) given.push(...fieldsOf(method.body, body ?? {}));
  given.push(...[...query, ...headers].map(({ name, value }) => `${snake(name)}=${written(value)}`));
  const call = `c.${names.map(snake).join('.')}(${given.join(', ')})`;
  const credential = [
    dress === 'gotrue' && 'application_key=os.environ["LATCHKEY_APPLICATION_KEY"]',
    !open && 'api_key=os.environ["LATCHKEY_API_KEY"]',
  ].filter(Boolean);
  return `import os

from latchkey import ${method.body?.kind === 'form' ? 'Latchkey, Upload' : 'Latchkey'}

with Latchkey(${['url=os.environ["LATCHKEY_URL"]', ...credential].join(', ')}) as c:
    ${callOf(sample, call)}
`.trimEnd();
}

function callOf(sample, call) {
  const { method } = sample;
  const name = resultOf(sample);
  if (method.pages || ['events', 'lines'].includes(method.answer.kind)) {
    const one = method.pages ? (snake(name) === 'answer' ? 'one' : snake(name)) : name;
    return `for ${one} in ${call}:\n        print(${one})`;
  }
  return name === undefined ? call : `${snake(name)} = ${call}\n    print(${snake(name)})`;
}

/** The fields of a body, by name. */
function fieldsOf({ files }, body) {
  return Object.entries(body).map(
    ([name, value]) => `${snake(name)}=${files.includes(name) ? `Upload(${written(value)})` : written(value)}`,
  );
}
