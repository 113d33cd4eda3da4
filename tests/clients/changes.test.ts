import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readContracts } from '../../scripts/clients/model.js';
import { readChanges } from '../../scripts/docs/reference/changes.js';
import { readSurfaces } from '../../scripts/docs/reference/contracts.js';
import { readReleased } from '../../scripts/released.js';

// biome-ignore lint/suspicious/noExplicitAny: a contract is changed anywhere
type Contract = any;
const contract = (): Contract => structuredClone(readContracts().latchkey);

/** What the docs say of the operations of `/v1` after a change of its contract: `id: kind` and the sentences. */
function said(change: (after: Contract) => void): string[] {
  const after = contract();
  change(after);
  const released = { version: '9.9.9', contracts: { latchkey: contract() } };
  const { surfaces } = readChanges(readSurfaces({ latchkey: after }), released);
  return surfaces.flatMap(({ added, changed, deprecated, removed }) =>
    [...added, ...changed, ...deprecated, ...removed].map(
      // The changelog's own lines are another matter.
      ({ kind, operation, lines }) =>
        `${operation.id}: ${[kind, ...lines.filter((line) => line.length < 120)].join('; ')}`,
    ),
  );
}

it('what has changed since a version is told of each operation, and nothing of one that is as it was', () => {
  expect(said(() => undefined)).toEqual([]);
  expect(
    said(({ paths }) => {
      paths['/new'] = { get: { ...paths['/scopes'].get, operationId: 'listNews' } };
      delete paths['/scopes'];
    }),
  ).toEqual([expect.stringMatching(/^listNews: new/), 'listScopes: removed']);
  expect(
    said(({ paths }) => {
      const { get } = paths['/scopes'];
      get.parameters = [
        { name: 'of', in: 'query', required: true, schema: { type: 'string' } },
        { name: 'by', in: 'query', schema: { type: 'string' } },
      ];
      get.responses[418] = { description: 'A teapot.' };
      get['x-scope'] = 'keys:write';
    }),
  ).toEqual([
    'listScopes: changed; A key needs the scope `keys:write`; it was `any`.; Needs `of`.; Takes `by`.; May be refused with `418`.',
  ]);
  expect(
    said(({ components }) => {
      const { properties, required } = components.schemas.NewKey;
      properties.colour = { type: 'string' };
      properties.name.type = ['string', 'null'];
      required.push('scopes');
    }),
  ).toEqual(['createKey: changed; Takes `colour`.; May be `null` now: `name`.; Must be sent now `scopes`.']);
  expect(
    said(({ paths }) => {
      paths['/scopes'].get.deprecated = true;
    }),
  ).toEqual(['listScopes: deprecated; Deprecated.']);
  expect(said(({ components }) => delete components.schemas.Key.properties.display)).toContain(
    'getKey: changed; The answer has no more `display`.',
  );
});

it('the contracts that are kept are those of the newest version of the changelog', () => {
  const changelog = readFileSync(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8');
  const [, newest] = /^## \[(\d+\.\d+\.\d+)\]/m.exec(changelog) ?? [];
  expect(readReleased().version).toBe(newest);
});
