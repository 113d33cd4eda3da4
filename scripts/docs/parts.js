import { escaped } from './text.js';

/**
 * The same thing in several ways, one at a time: `main.ts` makes tabs of it, and a choice holds for all of the same group on all
 * pages. Without a script, and on paper, they stand below each other.
 * @param {string} group what is chosen, `language`
 * @param {{ name: string, html: string }[]} ways
 */
export const tabs = (group, ways) =>
  `<div class="tabs" data-group="${escaped(group)}">${ways
    .map(({ name, html }) => `<section data-name="${escaped(name)}"><h4>${escaped(name)}</h4>${html}</section>`)
    .join('')}</div>`;
