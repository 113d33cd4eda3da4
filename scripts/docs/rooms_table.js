import { escaped } from './text.js';

/** The arrows of a picture as a table, `from` and what it leads to: what a reader can use without a program that draws. */
export function roomsTable(mermaid) {
  const rooms = new Map();
  for (const line of mermaid.split('\n').slice(1)) {
    const [from, to] = line.trim().split(' --> ');
    if (from) rooms.set(from, [...(rooms.get(from) ?? []), ...(to ? [to] : [])]);
  }
  const code = (name) => `<code class="whole">${escaped(name)}</code>`;
  const row = ([from, to]) =>
    `<tr><td>${code(from)}</td><td>${to.map(code).join(', ') || 'nothing of the others'}</td></tr>`;
  const head = '<thead><tr><th>room</th><th>imports from</th></tr></thead>';
  return `<div class="table" tabindex="0"><table>${head}<tbody>${[...rooms].map(row).join('')}</tbody></table></div>\n`;
}
