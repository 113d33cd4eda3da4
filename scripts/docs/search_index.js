import MiniSearch from 'minisearch';
import { searchOptions } from './browser/search_options.js';
import { alsoCalled, inChinese } from './search_words.js';
import { plain } from './text.js';

/**
 * What the search of the site looks through, as the browser loads it: each page, and each of its headings with what stands under it.
 * @param {import('./page.d.ts').Page[]} pages
 */
export function searchIndex(pages) {
  const index = new MiniSearch(searchOptions);
  index.addAll(pages.filter(({ hidden }) => !hidden).flatMap(entriesOf));
  return JSON.stringify(index);
}

/** What an operation is called in code: its id, its verb and its path. */
const callOf = (address, html) =>
  address.split('/').length < 4
    ? ''
    : `${address.split('/').at(-1)} ${plain(/<p class="call">([\s\S]*?)<\/code>/.exec(html)?.[1] ?? '')}`;

function entriesOf({ address, title, section, html, headings, summary }) {
  const parts = html.split(/(?=<h[23] id=")/);
  const place = section.join(' › ');
  const text = (part) => plain(part.replace(/<pre[\s\S]*?<\/pre>/g, ' ').replace(/<h\d[\s\S]*?<\/h\d>/, ' '));
  // All operations have the same headings: what is looked for is the operation.
  if (section[0] === 'Reference')
    return [
      {
        id: address,
        title,
        place,
        call: callOf(address, html),
        text: `${summary} ${text(html)} ${inChinese(address)}`,
      },
    ];
  const page = {
    ...{ id: address, title, place, call: alsoCalled[address] ?? '' },
    text: `${summary} ${text(parts[0])} ${inChinese(address)}`,
  };
  const below = parts.slice(1).flatMap((part) => {
    const id = /^<h[23] id="([^"]+)"/.exec(part)?.[1];
    const heading = headings.find((one) => one.id === id);
    if (!heading) return [];
    return [
      {
        id: `${address}#${id}`,
        title: heading.text,
        place: [place, title].filter(Boolean).join(' › '),
        text: text(part),
      },
    ];
  });
  return [page, ...below];
}
