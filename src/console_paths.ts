/**
 * The addresses of the console's pages, as Express writes patterns. What is at each of them is in `console/src/pages.ts`, which does
 * not compile unless it has them all.
 */
export const consolePaths = [
  '/',
  '/overview',
  '/keys',
  '/keys/:id',
  '/sessions',
  '/welcome',
  '/webhooks',
  '/webhooks/:id',
  '/usage',
  '/audit',
  '/members',
  '/profile',
  '/device',
  '/pipelines',
  '/pipelines/:id',
  '/runs',
  '/runs/:id',
  '/files',
  '/settings/api',
  '/developers',
  '/account/api-key',
] as const;

export type ConsolePath = (typeof consolePaths)[number];
