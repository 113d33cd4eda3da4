import { wrapped } from './python_names.js';

const initialisms = new Set([
  'id',
  'url',
  'api',
  'json',
  'http',
  'sha256',
  'cpu',
  'html',
  'ip',
  'uuid',
  'jwt',
  'jwks',
  'cli',
  'csv',
]);

/** A name of the wire as Go exports it: `expires_at` is `ExpiresAt`, `webhookUrl` is `WebhookURL`, `_limit` is `Limit`. */
export function exported(name) {
  const said = wordsOf(name)
    .map((word) => (initialisms.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  return /^[A-Za-z]/.test(said) ? said : `N${said}`;
}

const taken = new Set(
  'break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var ctx params body options'.split(
    ' ',
  ),
);

/** The same for a parameter. */
export function unexported(name) {
  const [first = '', ...rest] = wordsOf(name);
  const said =
    first +
    rest
      .map((word) => (initialisms.has(word) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1)))
      .join('');
  return taken.has(said) ? `${said}Value` : said;
}

function wordsOf(name) {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[^A-Za-z\d]+/)
    .filter(Boolean)
    .map((word) => word.toLowerCase());
}

/** A doc comment; the first line begins with the name, as Go wants it. */
export function comment(text, indent = '') {
  const said = (text ?? '').trim();
  if (said === '') return '';
  return wrapped(said, 118 - indent.length)
    .map((line) => `${indent}//${line === '' ? '' : ` ${line}`}\n`)
    .join('');
}

/** A text of Go. */
export const literal = (text) => JSON.stringify(text);
