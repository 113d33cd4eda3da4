import { surfaces } from '../surfaces.js';

/**
 * `llms.txt`: what there is, for programs that read: https://llmstxt.org.
 * @param {import('./page.d.ts').Page[]} pages
 */
export function llmsText(pages) {
  const shown = pages.filter(({ hidden, address }) => !hidden && address !== 'index');
  const groups = grouped(shown);
  const parts = [...groups].map(([name, list]) => {
    const lines = list.map(
      ({ address, title, summary }) => `- [${title}](${address}.md)${summary ? `: ${summary}` : ''}`,
    );
    return `## ${name}\n\n${lines.join('\n')}`;
  });
  const contracts = surfaces.map((name) => `- [${name}](openapi/${name}.json): OpenAPI 3.1`);
  const what =
    'A self-hosted server for API keys, sessions and pipelines, which answers to the published APIs of Mage, Magpipe, Mystic and MaiAgent, and to one of its own, /v1.';
  return `# Latchkey\n\n> ${what}\n\n${parts.join('\n\n')}\n\n## Contracts\n\n${contracts.join('\n')}\n`;
}

const groupOf = ({ section, title }) => (section.length > 0 ? section.slice(0, 2).join(': ') : title);

function grouped(pages) {
  const groups = new Map();
  for (const page of pages) groups.set(groupOf(page), [...(groups.get(groupOf(page)) ?? []), page]);
  return groups;
}
