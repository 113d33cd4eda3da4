import type { Response } from 'express';
import type { Operation } from '../contract/contract.ts';

/** Says of an operation that goes away, as its contract has it, since when (RFC 9745), until when (RFC 8594), and what instead. */
export function tellEnd({ deprecation }: Operation, response: Response): void {
  if (!deprecation) return;
  const { since, sunset, link } = deprecation;
  response.set('Deprecation', `@${Date.parse(since) / 1000}`);
  if (sunset) response.set('Sunset', new Date(sunset).toUTCString());
  if (link) response.append('Link', `<${link}>; rel="deprecation"; type="text/html"`);
}
