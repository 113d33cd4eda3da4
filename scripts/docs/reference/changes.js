import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../children.js';
import { readReleased } from '../../released.js';
import { callIn, callOf } from './calls.js';
import { differences } from './comparison.js';
import { readSurfaces } from './contracts.js';
import { inline } from './descriptions.js';
import { html } from './html.js';

/**
 * What has changed since the last version that was released.
 * @param {object[]} surfaces as they are, of `readSurfaces`
 * @param {{ version: string, contracts: Record<string, object> }} [released] what was released last
 * @returns {{ version: string, surfaces: object[], of: (operation: object) => object }} `surfaces`: each with `isNew`, `added`, `changed`,
 * `deprecated` and `removed`, lists of `{ operation, lines }`; `of` finds what is said of one operation
 */
export function readChanges(surfaces, { version, contracts } = readReleased()) {
  const said = changelogLines();
  const before = new Map(readSurfaces(contracts).map((surface) => [surface.name, surface]));
  const found = new Map();
  const compared = surfaces.map((surface) => {
    const was = before.get(surface.name);
    const old = new Map(was ? callsOf(was).map((operation) => [operation.id, operation]) : []);
    const all = callsOf(surface).map((operation) => {
      const one = kindOf(was && { contract: was.contract, operation: old.get(operation.id) }, surface, operation);
      old.delete(operation.id);
      const entry = { ...one, operation, lines: [...one.lines, ...(said.get(callOf(operation)) ?? [])] };
      found.set(operation, entry);
      return entry;
    });
    const of = (kind) => all.filter((one) => one.kind === kind);
    const removed = [...old.values()].map((operation) => ({ kind: 'removed', operation, lines: [] }));
    return { surface, isNew: !was, added: of('new'), changed: of('changed'), deprecated: of('deprecated'), removed };
  });
  return { version, surfaces: compared, of: (operation) => found.get(operation) ?? { lines: [] } };
}

const callsOf = ({ resources }) => resources.flatMap(({ operations }) => operations.filter(({ verb }) => verb));

function kindOf(was, { contract }, operation) {
  // Of an API that is new as a whole, that is said once.
  if (!was) return { kind: 'of a new API', lines: [] };
  if (!was.operation) return { kind: 'new', lines: [] };
  const lines = differences(was, { contract, operation });
  const { since, sunset } = operation.deprecation ?? {};
  if (since) lines.unshift(`Deprecated since ${since}${sunset ? `; it ends ${sunset}` : ''}.`);
  if (operation.deprecated) return { kind: 'deprecated', lines };
  return { kind: lines.length > 0 ? 'changed' : undefined, lines };
}

/** A word beside an operation of which there is something to say. */
export function badge(operation, changes) {
  const { kind } = changes.of(operation);
  return (
    ['new', 'changed', 'deprecated'].includes(kind) && html`<span class="badge" data-kind="${kind}">${kind}</span>`
  );
}

/** What has changed of an operation, for its page. */
export function changeList(operation, changes) {
  const { kind, lines } = changes.of(operation);
  const own = { new: 'This operation is new.', 'of a new API': 'This API is new as a whole.' }[kind];
  if (!own && lines.length === 0) return '';
  return html`<ul>${own && html`<li>${own}</li>`}${lines.map((line) => html`<li>${inline(line)}</li>`)}</ul><p><a href="docs:reference/changes">All changes since ${changes.version}</a></p>`;
}

/** What the newest part of the changelog says of operations: its lines, by the calls that they name. */
function changelogLines(text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8')) {
  const [, newest = ''] = text.split(/^## .*$/m);
  const lines = newest.split(/\n(?=- |#)/).filter((line) => line.startsWith('- '));
  const said = new Map();
  for (const line of lines)
    for (const [, code] of line.matchAll(/`([^`]+)`/g)) {
      const call = callIn(code);
      const words = line
        .slice(2)
        .replace(/\s+/g, ' ')
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .trim();
      if (call) said.set(call, [...new Set([...(said.get(call) ?? []), words])]);
    }
  return said;
}
