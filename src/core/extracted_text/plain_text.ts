import { decoded } from './decoded_text.ts';
import type { Emit } from './pieces.ts';

/** Text in its paragraphs; a form feed begins a page. */
export function readText(bytes: Buffer, emit: Emit): void {
  const pages = decoded(bytes).replace(/\r\n?/g, '\n').split('\f');
  for (const [index, page] of pages.entries()) {
    if (pages.length > 1) emit({ kind: 'page', page: index + 1, pages: pages.length });
    for (const paragraph of page.split(/\n[ \t]*\n\s*/)) emit({ kind: 'text', text: paragraph });
  }
}
