import { describe, expect, it } from 'vitest';
import { toFailure } from '../../src/core/to_failure.ts';

const thrown = (message: string, more: object = {}) => Object.assign(new Error(message), more);
const kindOf = (error: unknown) => {
  const { kind, headers } = toFailure(error);
  return [kind, headers['Retry-After']];
};

describe('B5: 503 with Retry-After', () => {
  it.each([
    ...['53100', '53200', '53300', '53400', '57014', '57P01', '57P02', '57P03', '57P05', '58000', '58030', '25006'],
    ...['25P03', '25P04', '40001', '40P01', '55P03', '08000', '08006', '08P01', '28P01', '3D000'],
    ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'],
    ...['EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ])('for the code %s', (code) => {
    expect(kindOf(thrown('select 1 - whatever', { code }))).toEqual(['unavailable', '5']);
  });

  it.each([
    'Connection terminated',
    'Connection terminated unexpectedly',
    'select * from "users" - Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'select 1 - Query read timeout',
    'select 1 - Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'Cannot use a pool after calling end on the pool',
    'Unable to acquire a connection',
    'aborted',
  ])('for the words "%s"', (message) => {
    expect(kindOf(thrown(message))).toEqual(['unavailable', '5']);
  });

  it.each(['KnexTimeoutError', 'TimeoutError'])('for the name %s', (name) => {
    expect(kindOf(thrown('whatever', { name }))).toEqual(['unavailable', '5']);
  });

  it.each([
    ['23505', 'conflict'],
    ['23503', 'invalid'],
    ['22P02', 'not_found'],
    ['22021', 'invalid'],
    ['22008', 'invalid'],
    ['42P01', 'internal'],
    ['42601', 'internal'],
    ['XX000', 'internal'],
    ['ENOENT', 'internal'],
    ['constructor', 'internal'],
    [undefined, 'internal'],
  ])('and not for %s: %s', (code, kind) => {
    expect(kindOf(thrown('select 1 - no', { code }))).toEqual([kind, undefined]);
  });

  it('and not for what is no error', () => {
    for (const value of [undefined, null, 'timeout expired', {}])
      expect(kindOf(value)).toEqual(['internal', undefined]);
  });
});
