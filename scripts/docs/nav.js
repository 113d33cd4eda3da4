import { hrefFrom } from './links.js';
import { escaped } from './text.js';

/**
 * The navigation as it is on one page: every section, and open to where the page is.
 * @param {import('./tree.js').Tree} tree
 * @param {import('./page.d.ts').Page} page
 */
export function nav(tree, page) {
  const path = new Set(tree.pathTo(page));
  const items = (nodes) => `<ul>${nodes.map(item).join('')}</ul>`;
  const item = (node) => {
    const isHere = node.page === page;
    const link = node.page ? linkTo(node.page, page, isHere, node.label) : escaped(node.title);
    const isOpen = isHere || path.has(node);
    return `<li>${link}${isOpen && node.below.length > 0 ? items(node.below) : ''}</li>`;
  };
  const section = (node) => {
    if (node.page && node.below.length === 0)
      return `<p class="alone">${linkTo(node.page, page, node.page === page)}</p>`;
    const isOpen = path.has(node) || node.page === page || (node.title === 'Start' && page.section.length === 0);
    const own = node.page ? [{ title: node.title, label: 'Overview', page: node.page, below: [] }] : [];
    const label = node.title;
    return `<details${isOpen ? ' open' : ''}><summary>${escaped(label)}</summary>${items([...own, ...node.below])}</details>`;
  };
  // Who looks something up has what is looked up first.
  const isLookedUp = (node) => node.title === 'Reference' && (path.has(node) || node.page === page);
  const all = tree.top.below.filter((node) => node.page?.address !== 'index');
  return [...all.filter(isLookedUp), ...all.filter((node) => !isLookedUp(node))].map(section).join('\n');
}

function linkTo(page, from, isHere, label = page.label ?? page.title) {
  const current = isHere ? ' aria-current="page"' : '';
  return `<a href="${hrefFrom(from.address, page.address)}"${current}>${escaped(label)}</a>`;
}

/** What the page stands in, outermost first. */
export function breadcrumbs(tree, page) {
  const steps = tree
    .pathTo(page)
    .map((node) => (node.page ? linkTo(node.page, page, false) : `<span>${escaped(node.title)}</span>`));
  if (page.address === 'index') return '';
  const home = `<a href="${hrefFrom(page.address, 'index')}">Docs</a>`;
  return `<nav class="crumbs" aria-label="Breadcrumbs"><ol>${[home, ...steps].map((step) => `<li>${step}</li>`).join('')}</ol></nav>`;
}

/** Links to the headings of the page; nothing where there are few. */
export function onThisPage({ headings }) {
  if (headings.length < 3) return '';
  const links = headings.map(
    ({ id, text, level }) => `<li class="level-${level}"><a href="#${escaped(id)}">${escaped(text)}</a></li>`,
  );
  return `<ul>${links.join('')}</ul>`;
}

/** What is read before and after. */
export function around(tree, page) {
  const { previous, next } = tree.around(page);
  const link = (name, said, other) =>
    other
      ? `<a class="${name}" rel="${name}" href="${hrefFrom(page.address, other.address)}"><span>${said}</span> ${escaped(other.label ?? other.title)}</a>`
      : '<span></span>';
  if (!previous && !next) return '';
  return `<nav class="around" aria-label="Previous and next page">${link('prev', 'Previous', previous)}${link('next', 'Next', next)}</nav>`;
}
