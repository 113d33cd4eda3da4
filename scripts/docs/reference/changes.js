import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../children.js';

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

/** What the newest part of the changelog says of operations: its lines, by the calls that they name. */
export function readChanges(text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) {
  const [, newest = ''] = text.split(/^## .*$/m);
  const lines = newest.split(/\n(?=- |#)/).filter((line) => line.startsWith('- '));
  const said = new Map();
  for (const line of lines)
    for (const [, code] of line.matchAll(/`([^`]+)`/g)) {
      const call = callIn(code);
      if (call) said.set(call, [...new Set([...(said.get(call) ?? []), line.slice(2).replace(/\s+/g, ' ').trim()])]);
    }
  return said;
}
