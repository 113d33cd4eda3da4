import type { Express, Request, Response } from 'express';
import type { Operation } from '../contract/contract.ts';
import { callerOf } from './caller.ts';

/**
 * Has every refusal of a surface name the page that says how to ask (RFC 8288, `rel="help"`): that of the operation, or of
 * the surface where none was found. It stands where the status is written, however the answer came about: 4xx, and what is
 * refused with another status than that, as Mage does with 200. What is not the caller's to mend (5xx) names none.
 */
export function offerHelp({ response }: Express, surface: string): void {
  const { writeHead } = response;
  response.writeHead = function (this: Response, status: number, ...rest: never[]) {
    const isRefusal = status >= 400 || (this.locals.refused === true && status < 500);
    if (isRefusal && status < 500 && !this.headersSent) this.append('Link', helpLink(this.req, this, surface));
    return writeHead.call(this, status, ...rest);
  } as Response['writeHead'];
}

function helpLink(request: Request, response: Response, surface: string): string {
  const operation = response.locals.operation as Operation | undefined;
  const anchor = operation ? `#operation/${operation.id}` : '';
  return `<${originOf(request)}/docs/${surface}.html${anchor}>; rel="help"`;
}

/** Whoever names no host is told a path. */
function originOf(request: Request): string {
  try {
    return callerOf(request).origin;
  } catch {
    return '';
  }
}
