import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../children.js';
import { builtAssets } from './assets.js';
import { contractFiles } from './contracts.js';
import { decisionsPage } from './decisions.js';
import { errorPages } from './error_pages.js';
import { Files } from './files.js';
import { firstCallPage } from './first_call.js';
import { guidePages } from './guides.js';
import { homePage } from './home.js';
import { framed } from './layout.js';
import { relinkedMarkdown } from './links.js';
import { llmsText } from './llms.js';
import { notFoundPage } from './not_found.js';
import { oldAddresses } from './old_addresses.js';
import { readSurfaces } from './reference/contracts.js';
import { callsOf, withCallsLinked } from './reference/mentions.js';
import { referencePages } from './reference.js';
import { searchIndex } from './search_index.js';
import { Tree } from './tree.js';

/**
 * The whole site: the content of each of its files by where it is, and what is wrong with the sources, as sentences.
 * @returns {Promise<{ files: Map<string, string | Uint8Array>, problems: string[] }>}
 */
export async function site() {
  const beside = new Files();
  const guides = guidePages(beside);
  const surfaces = readSurfaces();
  const reference = referencePages(guides, surfaces);
  const calls = callsOf(surfaces);
  const isRead = ({ address }) => address !== 'changelog' && !address.startsWith('decisions/');
  const [first, ...others] = guides.filter(isRead);
  const before = [first, firstCallPage(surfaces), ...others];
  const after = guides.filter((page) => !isRead(page));
  const shown = [...before, ...errorPages(), ...reference, decisionsPage(after), ...after];
  const pages = [homePage(shown), ...shown, ...oldAddresses(reference)].map((page) => withCallsLinked(page, calls));
  const { names, contents } = await builtAssets();
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const about = { tree: new Tree(pages), assets: names, version };
  const files = new Map([...beside.contents, ...contractFiles(), ['llms.txt', llmsText(pages)]]);
  for (const [name, content] of contents) files.set(`assets/${name}`, content);
  files.set('assets/search.json', searchIndex(pages));
  for (const page of pages) {
    files.set(`${page.address}.html`, framed(page, about));
    if (!page.hidden) files.set(`${page.address}.md`, relinkedMarkdown(page.markdown, page.address));
  }
  files.set('404.html', notFoundPage(about));
  return { files, problems: beside.problems };
}
