import { framed } from './layout.js';

/** What is shown where there is no page: it may stand at any depth, so its links are the server's own. */
export function notFoundPage(about) {
  const page = {
    address: '404',
    title: 'No such page',
    summary: 'There is no such page.',
    section: [],
    html: '<h1>No such page</h1><p>It may have moved: search for it, or begin at <a href="docs:index">the first page</a>.</p>',
    markdown: '',
    headings: [],
    hidden: true,
  };
  return framed(page, about)
    .replace(/\b(href|src|data-search)="(?!#|\/)([^"]*)"/g, '$1="/docs/$2"')
    .replace('data-root=""', 'data-root="/docs/"');
}
