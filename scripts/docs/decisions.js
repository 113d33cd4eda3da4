import { escaped } from './text.js';

/**
 * The page that lists the decisions.
 * @param {import('./page.d.ts').Page[]} pages
 * @returns {import('./page.d.ts').Page}
 */
export function decisionsPage(pages) {
  const list = pages.filter(({ section }) => section[0] === 'Decisions');
  const items = list.map(({ address, title }) => `<li><a href="docs:${address}">${escaped(title)}</a></li>`);
  const summary = 'What was decided about how Latchkey is built, why, and what was not taken.';
  return {
    address: 'decisions',
    title: 'Decisions',
    label: 'All decisions',
    summary,
    section: [],
    html: `<h1>Decisions</h1><p class="lead">${summary}</p><ul class="plain">${items.join('')}</ul>`,
    markdown: `# Decisions\n\n${summary}\n\n${list.map(({ address, title }) => `- [${title}](docs:${address})`).join('\n')}\n`,
    headings: [],
  };
}
