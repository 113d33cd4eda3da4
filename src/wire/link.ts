import type { Response } from 'express';

/** Says in `Link` what a page says in its body (RFC 8288). */
export function linkPages(body: unknown, response: Response): void {
  const { next, previous } = body as { next?: string | null; previous?: string | null };
  if (next) response.append('Link', `<${next}>; rel="next"`);
  if (previous) response.append('Link', `<${previous}>; rel="prev"`);
}
