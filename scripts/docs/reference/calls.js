const plainPath = (path) =>
  path
    .replace(/\?.*$/, '')
    .replaceAll(/\{[^}]*\}|\b[A-Z]{2,}\b/g, '{}')
    .replace(/\/$/, '');

/** A call that a text names in code, `GET /v1/keys/{id}`, as a key to find its operation by; else undefined. */
export function callIn(code) {
  const [, verb, path] = /^(GET|POST|PUT|PATCH|DELETE) (\/\S+)$/.exec(code) ?? [];
  return verb && `${verb} ${plainPath(path)}`;
}

/** The same of an operation. */
export const callOf = ({ verb, path }) => `${verb} ${plainPath(path)}`;
