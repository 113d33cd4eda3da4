import { describe, expect, it } from 'vitest';
import { type Contract, type Operation, operationsOf } from '../../src/contract/contract.ts';
import { router } from '../../src/contract/routes.ts';
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
