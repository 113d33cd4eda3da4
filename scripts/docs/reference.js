import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../children.js';
import { surfaces } from '../surfaces.js';
import { rendered } from './markdown.js';
import { escaped, plain } from './text.js';

/**
 * The reference: a page for each API, resource and operation, at `reference/<surface>/<tag>/<operationId>`.
 * @returns {import('./page.d.ts').Page[]}
 */
export function referencePages() {
  const pages = surfaces.map((surface) => {
    const { info, paths } = JSON.parse(readFileSync(join(root, `generated/${surface}.json`), 'utf8'));
    const operations = Object.values(paths).flatMap((item) => Object.values(item).filter((one) => one?.operationId));
    const list = operations.map(
      ({ operationId, summary }) => `<li id="operation/${operationId}">${escaped(summary)}</li>`,
    );
    const { html } = rendered(info.description ?? '');
    return {
      address: `reference/${surface}`,
      title: info.title,
      summary: plain(info.summary ?? ''),
      section: ['Reference'],
      html: `<h1>${escaped(info.title)}</h1>${html}<ul>${list.join('')}</ul>`,
      markdown: `# ${info.title}\n\n${info.description ?? ''}\n`,
      headings: [],
    };
  });
  const links = pages.map(({ address, title, summary }) => [`docs:${address}`, title, summary]);
  const index = {
    address: 'reference',
    title: 'Reference',
    summary: 'Every call of every API that this server answers.',
    section: [],
    html: `<h1>Reference</h1><ul>${links.map(([href, title, said]) => `<li><a href="${href}">${escaped(title)}</a>: ${escaped(said)}</li>`).join('')}</ul>`,
    markdown: `# Reference\n\n${links.map(([href, title, said]) => `- [${title}](${href}): ${said}`).join('\n')}\n`,
    headings: [],
  };
  return [index, ...pages];
}
