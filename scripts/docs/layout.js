import { hrefFrom, relinked } from './links.js';
import { around, breadcrumbs, nav, onThisPage } from './nav.js';
import { escaped } from './text.js';

/** Ends are those of the search box, which does nothing without its script and is not shown then. */
const glass =
  '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M7 2a5 5 0 1 0 0 10A5 5 0 0 0 7 2Zm3.6 8.6L14 14" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round"/></svg>';
const mark =
  '<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M8 10.5V8a4 4 0 0 1 8 0v2.5M6 10.5h12v9H6Zm6 3.5v2.5" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/></svg>';

/**
 * A page in its frame, as html that is whole without a script.
 * @param {import('./page.d.ts').Page} page
 * @param {{ tree: import('./tree.js').Tree, assets: Record<string, string>, version: string }} site assets by what they are called before they are built
 */
export function framed(page, { tree, assets, version }) {
  const to = (address) => hrefFrom(page.address, address);
  const asset = (name) => to(`assets/${assets[name]}`);
  const contents = onThisPage(page);
  const isHome = page.address === 'index';
  const title = isHome ? 'Latchkey docs' : `${page.title} · Latchkey docs`;
  const inReference = page.section[0] === 'Reference' || page.address === 'reference';
  const tab = (address, label, isHere) => `<a href="${to(address)}"${isHere ? ' class="here"' : ''}>${label}</a>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<meta name="description" content="${escaped(page.summary)}">
${page.hidden ? '<meta name="robots" content="noindex">\n' : ''}<link rel="icon" href="${asset('key.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${asset('site.css')}">
<script src="${asset('theme')}"></script>
<script type="module" src="${asset('main')}"></script>
${page.hidden ? '' : `<link rel="alternate" type="text/markdown" href="${to(page.address).replace(/\.html$/, '.md')}">\n`}</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header class="top">
<a class="brand" href="${to('index')}">${mark}<span>Latchkey</span> <span class="docs">docs</span></a>
<nav class="tabs-of-site" aria-label="Site">${tab('guides/start', 'Guides', !inReference && !isHome && page.address !== 'changelog')}${tab('reference', 'Reference', inReference)}${tab('changelog', 'Changelog', page.address === 'changelog')}</nav>
<div class="tools">
<button type="button" class="find" aria-label="Search" data-search="${to('assets/search.json')}" data-root="${to('index').replace(/index\.html$/, '')}" hidden>${glass}<span>Search</span><kbd>/</kbd></button>
<button type="button" class="theme" hidden><span class="dot" aria-hidden="true"></span><span class="said">Theme</span></button>
<a class="menu" href="#menu">Menu</a>
</div>
</header>
<div class="site${page.hasBeside ? ' beside-text' : contents ? '' : ' narrow'}">
<nav class="side" id="menu" aria-label="Pages">
<a class="close" href="#top">Close</a>
${nav(tree, page)}
</nav>
<main id="content" tabindex="-1">
${breadcrumbs(tree, page)}
${contents && (page.hasBeside ? `<nav class="jump" aria-label="On this page">${contents}</nav>` : `<details class="contents-folded"><summary>On this page</summary>${contents}</details>`)}
<article>
${relinked(page.html, page.address)}
</article>
${around(tree, page)}
<footer>${page.hidden ? '' : `<a href="${to(page.address).replace(/\.html$/, '.md')}">This page as Markdown</a> · `}Latchkey ${escaped(version)}</footer>
</main>
${contents && !page.hasBeside ? `<nav class="contents" aria-label="On this page"><h2>On this page</h2>${contents}</nav>` : ''}
</div>
</body>
</html>
`;
}
