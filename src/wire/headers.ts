import type { Request, Response } from 'express';
import type { Contract, Node, Security } from '../contract/contract.ts';
import { Failure } from '../contract/failure.ts';
import type { Place } from '../contract/routes.ts';
import { headerOf } from './security_schemes.ts';

/** The path is there, the method is not. */
export function notAllowed(place: Place): Failure {
  return new Failure('not_allowed', 'Method not allowed.', { headers: { Allow: allow(place) } });
}

/** The methods of a place, as the header `Allow` lists them. */
export function allow({ operations }: Place): string {
  const methods = [...operations.keys()];
  return [...methods, ...(operations.has('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

/**
 * Every 401 says how to come back (RFC 9110 §11.6.1), and where a token was sent, that it was this one which does not
 * hold (RFC 6750 §3.1). A surface that has a scheme of its own names it itself.
 */
export function challenge({ reason }: Failure, request: Request, response: Response): void {
  const scheme = response.get('WWW-Authenticate') ?? 'Bearer';
  const refused = reason && 'credential' in reason && reason.state !== 'missing' ? reason : undefined;
  const isToken = refused && (refused.credential === 'token' || request.headers.authorization !== undefined);
  const error = `${scheme.includes(' ') ? ',' : ''} error="invalid_token"`;
  response.set('WWW-Authenticate', isToken && /^Bearer\b/.test(scheme) ? scheme + error : scheme);
}

/** What the name of a scope may not have (RFC 6749 §3.3). Whoever asks whether a key has a scope names it as they like. */
const noScope = /[^\x20\x21\x23-\x5b\x5d-\x7e]/g;

/** A 403 for want of a scope says which (RFC 6750 §3.1). */
export function nameScope({ reason }: Failure, response: Response): void {
  if (!reason || !('scope' in reason)) return;
  const scope = String(reason.scope).replaceAll(noScope, '');
  response.set('WWW-Authenticate', `Bearer realm="latchkey", error="insufficient_scope", scope="${scope}"`);
}

/** What an answer depends on, with these headers, by what it depended on before: there are few of either. */
const varied = new WeakMap<readonly string[], Map<string, string>>();

/** Adds to what an answer depends on. */
export function vary(response: Response, headers: readonly string[]): void {
  const before = response.getHeader('Vary');
  const known = varied.get(headers) ?? new Map<string, string>();
  const after = known.get(String(before ?? ''));
  if (after !== undefined) return void (after !== '' && response.setHeader('Vary', after));
  varied.set(headers, known);
  for (const header of headers) response.vary(header);
  known.set(String(before ?? ''), String(response.getHeader('Vary') ?? ''));
}

/** The headers that decide who a request is from, where that is asked: caches hold answers by them. */
export function deciding(contract: Contract): (alternatives: readonly Security[]) => string[] {
  const schemes = (contract.components?.securitySchemes ?? {}) as Record<string, Node>;
  const known = new WeakMap<readonly Security[], string[]>();
  return (alternatives) => {
    const names = alternatives.flatMap((alternative) => Object.keys(alternative));
    const headers = known.get(alternatives) ?? names.flatMap((name) => headerOf(schemes[name] as Node) ?? []);
    known.set(alternatives, headers);
    return headers;
  };
}
