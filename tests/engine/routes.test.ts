import { describe, expect, it } from 'vitest';
import { type Contract, narrow, type Operation, operationsOf } from '../../src/contract.ts';
import { router } from '../../src/routes.ts';
import { contract } from './library.ts';

const paths = ['/a', '/a/{id}', '/a/new', '/a/{id}/b', '/a/{id}/b/{other}', '/{any}/b', '/a/new/c'];
const find = router(paths.map((path) => ({ path, method: 'GET', id: path }) as Operation));

describe('router', () => {
  it.each([
    ['/a', '/a'],
    ['/a/1', '/a/{id}'],
    ['/a/new', '/a/new'],
    ['/a/new/b', '/a/{id}/b'],
    ['/a/new/c', '/a/new/c'],
    ['/a/1/b/2', '/a/{id}/b/{other}'],
    ['/x/b', '/{any}/b'],
    ['/a/b', '/a/{id}'],
    ['/a/%2F', '/a/{id}'],
    ['/', undefined],
    ['/a/', undefined],
    ['/a//b', undefined],
    ['/A', undefined],
    ['/a/1/b/2/c', undefined],
    ['/__proto__', undefined],
    ['/constructor/b', '/{any}/b'],
  ])('%s leads to %s', (path, place) => {
    expect(find(path)?.path).toBe(place);
  });
});

describe('narrow', () => {
  it('keeps one path and the components that it reaches, and leaves the contract as it was', () => {
    const before = JSON.stringify(contract);
    const { paths, components, servers } = narrow(contract, '/books/{id}');
    expect(Object.keys(paths)).toEqual(['/books/{id}']);
    expect(components).toEqual({ schemas: { Book: contract.components?.schemas?.Book } });
    expect(servers).toEqual([{ url: '/' }]);
    expect(JSON.stringify(contract)).toBe(before);
  });

  it('follows references through components that refer to themselves', () => {
    const tree = {
      ...contract,
      paths: { '/t': { get: { $ref: '#/components/schemas/Tree' } } },
      components: { schemas: { Tree: { items: { $ref: '#/components/schemas/Tree' } }, Other: {} } },
    } as unknown as Contract;
    expect(Object.keys(narrow(tree, '/t').components?.schemas ?? {})).toEqual(['Tree']);
  });
});

describe('operationsOf', () => {
  it('takes status, security, media types and schemas from the contract', () => {
    const byId = Object.fromEntries(operationsOf(contract).map((operation) => [operation.id, operation]));
    expect(byId.createBook).toMatchObject({
      method: 'POST',
      path: '/books',
      success: 201,
      accepts: ['application/json'],
    });
    expect(byId.createBook?.answer).toBe(contract.components?.schemas?.Book);
    expect([byId.newBook?.security, byId.getBook?.security]).toEqual([[], contract.security]);
  });

  it('refuses an operation without an operationId or a literal success', () => {
    const broken = { ...contract, paths: { '/x': { get: { operationId: 'x', responses: { '2XX': {} } } } } };
    expect(() => operationsOf(broken as unknown as Contract)).toThrow(
      'get /x needs an operationId and a success status',
    );
  });
});
