import { expect, it } from 'vitest';
import { byHand } from '../../scripts/breaking/plain.js';
import { readContracts } from '../../scripts/clients/model.js';

// biome-ignore lint/suspicious/noExplicitAny: a contract is changed anywhere
const contract = () => structuredClone(readContracts().latchkey) as any;
const said = (change: (after: ReturnType<typeof contract>) => void) => {
  const after = contract();
  change(after);
  return byHand('latchkey', contract(), after).map(({ id, text }) => `${id} ${text}`);
};

it('what breaks callers is found without oasdiff, and what does not is not', () => {
  expect(said(() => undefined)).toEqual([]);
  expect(said(({ paths }) => delete paths['/scopes'])).toEqual(['listScopes is gone']);
  expect(
    said(({ paths }) => {
      paths['/scopes'].get.parameters = [{ name: 'of', in: 'query', required: true, schema: { type: 'string' } }];
    }),
  ).toEqual(['listScopes needs of in the query']);
  expect(said(({ components }) => components.schemas.NewKey.required.push('scopes'))).toEqual([
    'createKey needs scopes in the body',
  ]);
  expect(said(({ components }) => delete components.schemas.Key.properties.display)).toContain(
    'getKey the answer has no display',
  );
  expect(
    said(({ paths, components }) => {
      components.schemas.NewKey.properties.colour = { type: 'string' };
      paths['/new'] = { get: { ...paths['/scopes'].get, operationId: 'listNews', 'x-client': 'news.list' } };
    }),
  ).toEqual([]);
});
