import MiniSearch, { type SearchResult } from 'minisearch';
import { searchOptions } from './search_options.js';

/**
 * The dialog that searches.
 * @param source where the index is
 * @param root where the site is, from here
 * @returns what opens it
 */
export function searchDialog(source: string, root: string): () => void {
  const dialog = document.createElement('dialog');
  dialog.className = 'search';
  dialog.setAttribute('aria-label', 'Search the docs');
  const input = document.createElement('input');
  Object.assign(input, {
    type: 'search',
    placeholder: 'Search guides and calls',
    autocomplete: 'off',
    spellcheck: false,
  });
  for (const [name, value] of Object.entries({
    'aria-label': 'Search',
    role: 'combobox',
    'aria-expanded': 'false',
    'aria-controls': 'found',
    'aria-autocomplete': 'list',
  }))
    input.setAttribute(name, value);
  const close = document.createElement('button');
  Object.assign(close, { type: 'button', textContent: 'Close' });
  close.addEventListener('click', () => dialog.close());
  const list = document.createElement('div');
  list.id = 'found';
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Found');
  const said = document.createElement('p');
  said.setAttribute('role', 'status');
  const top = document.createElement('div');
  top.className = 'ask';
  top.append(input, close);
  dialog.append(top, said, list);
  document.body.append(dialog);

  let at = -1;
  const options = () => [...list.children] as HTMLAnchorElement[];
  const mark = (n: number) => {
    at = n;
    for (const [one, option] of options().entries()) option.setAttribute('aria-selected', String(one === n));
    const chosen = options()[n];
    if (chosen) input.setAttribute('aria-activedescendant', chosen.id);
    else input.removeAttribute('aria-activedescendant');
    chosen?.scrollIntoView({ block: 'nearest' });
  };
  const index = loaded(source);
  const look = async () => {
    const words = input.value.trim();
    const found = words === '' ? [] : await index.then((there) => find(there, words)).catch(() => undefined);
    if (words !== input.value.trim()) return;
    list.replaceChildren(...(found ?? []).slice(0, most).map((one, n) => optionOf(one, n, root)));
    input.setAttribute('aria-expanded', String(list.children.length > 0));
    if (found === undefined) said.textContent = 'The index could not be loaded. Try again when the server answers.';
    else if (words === '') said.textContent = 'Type a word: a call, a setting, an error.';
    else said.textContent = found.length === 0 ? `Nothing is called “${words}”.` : countOf(found.length);
    mark(found?.length ? 0 : -1);
  };
  input.addEventListener('input', look);
  input.addEventListener('keydown', (event) => {
    const count = list.children.length;
    if (event.key === 'Enter' && at >= 0) options()[at]?.click();
    // A field of search would only empty itself.
    else if (event.key === 'Escape') dialog.close();
    else if (event.key === 'ArrowDown' && count) mark((at + 1) % count);
    else if (event.key === 'ArrowUp' && count) mark((at - 1 + count) % count);
    else return;
    event.preventDefault();
  });
  // One is marked, by whatever moved last.
  list.addEventListener('mousemove', ({ target }) => {
    const n = options().indexOf((target as Element).closest('a') as HTMLAnchorElement);
    if (n >= 0 && n !== at) mark(n);
  });
  list.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', ({ target }) => target === dialog && dialog.close());
  return () => {
    dialog.showModal();
    input.select();
    void look();
  };
}

async function loaded(source: string): Promise<MiniSearch> {
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(answer.statusText);
  return MiniSearch.loadJSON(await answer.text(), searchOptions);
}

/** What fits all words as they are typed; where nothing does, as they were meant; else what fits some. */
function find(index: MiniSearch, words: string): SearchResult[] {
  const fuzzy = (term: string) => (term.length > 5 ? 2 : term.length > 3 ? 1 : false);
  for (const options of [{}, { fuzzy }, { fuzzy, combineWith: 'OR' as const }]) {
    const found = index.search(words, options);
    if (found.length > 0) return found;
  }
  return [];
}

/** So many are shown: who wants another one types on. */
const most = 20;
const countOf = (count: number) => (count > most ? `${count} found, the ${most} best` : `${count} found`);

function optionOf({ id, title, place }: SearchResult, n: number, root: string): HTMLAnchorElement {
  const [address, hash] = String(id).split('#');
  const link = document.createElement('a');
  link.id = `found-${n}`;
  link.href = `${root}${address}.html${hash ? `#${hash}` : ''}`;
  link.tabIndex = -1;
  link.setAttribute('role', 'option');
  const [name, where] = [document.createElement('b'), document.createElement('span')];
  name.textContent = title;
  where.textContent = place;
  link.append(name, where);
  return link;
}
