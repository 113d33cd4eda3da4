import { renderedInline } from './markdown.js';
import { escaped } from './text.js';

/** What one comes to do, the first steps first. */
const doors = [
  ['guides/sessions', 'Sessions', 'Sign in from a page, a program or a terminal.'],
  ['guides/keys', 'Keys', 'Make, bound, rotate and end API keys.'],
  ['guides/cli', 'The command line', 'latchkey, for a terminal and for scripts.'],
  ['clients/typescript', 'Clients', 'TypeScript, Python and Go, from your own server.'],
  ['guides/forward-auth', 'In front of your app', 'A proxy asks Latchkey, your app needs no code.'],
  ['guides/operating', 'Running it', 'Postgres, processes, backups, upgrades.'],
];

/** Where people come from: what goes on as it is. */
const origins = {
  'guides/mage': 'Scripts with an `api_key`: pipelines, triggers, runs, at `/api`.',
  'guides/magpipe': '`mgp_…` keys, and sign-in by supabase-js.',
  'guides/mystic': '`pipeline`, its SDK and its containers, at `/v4`.',
  'guides/maiagent': '`Api-Key …`: chatbots, knowledge, files, at `/api/v1`.',
};

/**
 * The first page.
 * @param {import('./page.d.ts').Page[]} pages
 * @returns {import('./page.d.ts').Page}
 */
export function homePage(pages) {
  const there = new Set(pages.map(({ address }) => address));
  const cards = doors.filter(([address]) => there.has(address));
  const apis = pages.filter(
    ({ section, address }) => section.length === 1 && section[0] === 'Reference' && address !== 'reference',
  );
  const card = (address, title, text) =>
    `<li><a href="docs:${address}"><b>${escaped(title)}</b>${text && `<span>${renderedInline(text)}</span>`}</a></li>`;
  const systems = pages.filter(({ address }) => origins[address]);
  const html = `<h1>Latchkey docs</h1>
<p class="lead">One server for API keys, sessions and pipelines. It answers to the APIs of Mage, Magpipe, Mystic and MaiAgent, and to one of its own.</p>
<p class="ways"><a class="primary" href="docs:guides/first-call">Make a key and a call here</a> <a href="docs:guides/start">Start here: a server of your own in five minutes</a></p>
<ul class="cards">${cards.map((door) => card(...door)).join('')}</ul>
<h2 id="coming-from">Coming from</h2>
<p>Scripts, command lines and SDKs go on as they are: you change the address and the key. What works, what differs, what is not served:</p>
<ul class="cards names">${systems.map(({ address, label }) => card(address, label, origins[address])).join('')}</ul>
<h2 id="the-apis">The APIs</h2>
<ul class="cards">${apis.map(({ address, title, summary }) => card(address, title, summary)).join('')}</ul>
`;
  const line = ([address, title, text]) => `- [${title}](docs:${address}): ${text}`;
  const start = line(['guides/start', 'Start here', 'From nothing to a first key and a first call.']);
  const markdown = `# Latchkey docs\n\n${start}\n${cards.map(line).join('\n')}\n\n## The APIs\n\n${apis.map(({ address, title, summary }) => line([address, title, summary])).join('\n')}\n`;
  const headings = [
    { id: 'coming-from', text: 'Coming from', level: 2 },
    { id: 'the-apis', text: 'The APIs', level: 2 },
  ];
  return {
    address: 'index',
    title: 'Latchkey docs',
    summary: 'Guides, reference and search.',
    section: [],
    html,
    markdown,
    headings,
  };
}
