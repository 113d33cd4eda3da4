import { posix } from 'node:path';

/** A link from one address to another as a browser follows it from a file: `../guides/keys.html`. */
export function hrefFrom(from, link) {
  const [target, hash] = link.split('#');
  const file = fileOf(target);
  const path = posix.relative(posix.dirname(from), file) || posix.basename(file);
  return hash === undefined ? path : `${path}#${hash}`;
}

/** `docs:` links of a page in html, from where it is. */
export const relinked = (html, from) =>
  html.replace(/\b(href|src)="docs:([^"]*)"/g, (_, name, link) => `${name}="${hrefFrom(from, link)}"`);

/** The same in Markdown, where pages lead to one another's Markdown. */
export const relinkedMarkdown = (markdown, from) =>
  markdown.replace(/\]\(docs:([^)\s]*)\)/g, (_, link) => `](${hrefFrom(from, link).replace(/\.html(?=#|$)/, '.md')})`);

/** The file of an address; assets, pictures and contracts are files themselves. */
const fileOf = (address) => (/^(assets|files|openapi)\/|\.(txt|json)$/.test(address) ? address : `${address}.html`);
