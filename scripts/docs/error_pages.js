import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../children.js';
import { escaped } from './text.js';

const errors = JSON.parse(readFileSync(join(root, 'src/handlers/latchkey/errors.json'), 'utf8'));

/**
 * A page for each `type` of a problem, at `errors/<kind>`: the addresses are on the wire.
 * @returns {import('./page.d.ts').Page[]}
 */
export function errorPages() {
  return Object.entries(errors).map(([kind, { status, title, text }]) => ({
    address: `errors/${kind}`,
    title,
    label: `${status} ${title}`,
    summary: text,
    section: ['Start', 'Errors'],
    html: `<h1>${escaped(title)}</h1><p class="lead">HTTP status ${status}, <code class="whole">/docs/errors/${kind}</code></p><p>${escaped(text)}</p><p>How errors look on each API, and what to do about them: <a href="docs:guides/errors">errors</a>.</p>`,
    markdown: `# ${title}\n\nHTTP status ${status}, \`/docs/errors/${kind}\`\n\n${text}\n`,
    headings: [],
    aside: true,
  }));
}
