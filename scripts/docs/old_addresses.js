import { surfaces } from '../surfaces.js';
import { escaped } from './text.js';

/**
 * Where the reference of an API was, `<surface>#operation/<operationId>`: refusals lead there (`rel="help"`). Each operation has its
 * anchor, with a link to its page; a script follows it at once.
 * @param {import('./page.d.ts').Page[]} reference
 * @returns {import('./page.d.ts').Page[]}
 */
export function oldAddresses(reference) {
  return surfaces.map((surface) => {
    const own = reference.filter(({ address }) => address.startsWith(`reference/${surface}/`));
    const operations = own.filter(({ address }) => address.split('/').length === 4);
    const title = reference.find(({ address }) => address === `reference/${surface}`)?.title ?? surface;
    const item = ({ address, title: name }) =>
      `<li id="operation/${escaped(address.split('/').at(-1))}"><a href="docs:${address}">${escaped(name)}</a></li>`;
    return {
      address: surface,
      title,
      summary: `The ${title} has moved.`,
      section: [],
      html: `<h1>${escaped(title)}</h1><p>Its reference is at <a href="docs:reference/${surface}">another address</a>.</p><ul class="moved">${operations.map(item).join('')}</ul>`,
      markdown: '',
      headings: [],
      hidden: true,
    };
  });
}
