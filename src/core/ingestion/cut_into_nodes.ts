import type { Piece } from '../extracted_text/index.ts';
import type { NewNode } from '../text_nodes/insert_nodes.ts';

/** How much goes into one node: letters, and characters of CJK, which say three times as much. */
const full = 1_200;
/** What is less than this goes on with the next section of its page. */
const small = 150;
const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;

/** How much a text is, as a node counts it. */
export function measureOf(text: string): number {
  return text.length + 2 * (text.match(cjk)?.length ?? 0);
}

/** Cuts the pieces of a document into nodes: each a part of a section that has its place, the page on which it begins and the headings above it. */
export function cutter(): { take(piece: Piece): NewNode[]; end(): NewNode[] } {
  const headings: { level: number; text: string }[] = [];
  let page: number | null = null;
  let [texts, measure, start]: [string[], number, number | null] = [[], 0, null];
  let heading: string | null = null;

  const end = (): NewNode[] => {
    const text = texts.join('\n\n');
    const node = { text, page: start, heading };
    [texts, measure] = [[], 0];
    return text === '' ? [] : [node];
  };
  const add = (text: string): NewNode[] => {
    const more = measureOf(text);
    const done = measure > 0 && measure + more > full ? end() : [];
    if (texts.length === 0) {
      start = page;
      heading = headings.length > 0 ? headings.map((one) => one.text).join(' › ') : null;
    }
    texts.push(text);
    measure += more;
    return done;
  };
  return {
    take(piece) {
      if (piece.kind === 'page') page = piece.page;
      if (piece.kind === 'text') return split(piece.text).flatMap(add);
      if (piece.kind !== 'heading') return [];
      const text = piece.text.slice(0, 300);
      while ((headings.at(-1)?.level ?? 0) >= piece.level) headings.pop();
      headings.push({ level: piece.level, text });
      if (measure === 0) return [];
      if (measure >= small || start !== page) return end();
      return add(text);
    },
    end,
  };
}

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });

/** A text in parts that fit into a node: between sentences, else between words, else anywhere. */
function split(text: string): string[] {
  if (measureOf(text) <= full) return [text];
  const parts: string[] = [];
  let part = '';
  for (const { segment } of sentences.segment(text)) {
    for (const bit of measureOf(segment) <= full ? [segment] : pieces(segment)) {
      if (part !== '' && measureOf(part) + measureOf(bit) > full) {
        parts.push(part.trim());
        part = '';
      }
      part += bit;
    }
  }
  return [...parts, part.trim()].filter((one) => one !== '');
}

function pieces(text: string): string[] {
  const found: string[] = [];
  let rest = text;
  while (rest !== '') {
    const reach = measureOf(rest.slice(0, full)) > full ? full / 3 : full;
    const blank = rest.length > reach ? rest.lastIndexOf(' ', reach) : rest.length;
    // Not between the halves of a surrogate pair.
    const at = blank > reach / 2 ? blank : reach - (/[\ud800-\udbff]/.test(rest.charAt(reach - 1)) ? 1 : 0);
    found.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return found;
}

/** The same for a text that somebody wrote: paragraphs between empty lines, and headings as Markdown has them. */
export function cutText(text: string): NewNode[] {
  const { take, end } = cutter();
  const nodes = text.split(/\n[ \t]*\n/).flatMap((part) => {
    const [, marks = '', heading = ''] = /^\s*(#{1,6})[ \t]+(.+)$/.exec(part.trim()) ?? [];
    if (heading !== '') return take({ kind: 'heading', text: heading, level: marks.length });
    return part.trim() === '' ? [] : take({ kind: 'text', text: part.trim() });
  });
  return [...nodes, ...end()];
}
