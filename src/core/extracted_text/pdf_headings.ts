import type { PDFDocumentProxy } from 'pdfjs-dist';
import type { Line } from './pdf_lines.ts';
import { inOneLine } from './pieces.ts';

/** A heading, and where it is. */
export interface OutlineHeading {
  text: string;
  level: number;
  /** It takes the next line as well. */
  isTwoLines?: boolean;
}

/** No more entries of an outline are looked at. */
const mostEntries = 5_000;

/** The outline of a document: what a reader shows beside it. */
export async function outlineOf(document: PDFDocumentProxy): Promise<(OutlineHeading & { page: number })[]> {
  type Entries = Awaited<ReturnType<PDFDocumentProxy['getOutline']>>;
  const found: (OutlineHeading & { page: number })[] = [];
  const look = async (entries: Entries, level: number) => {
    for (const { title, dest, items } of entries ?? []) {
      if (found.length >= mostEntries) return;
      const target = typeof dest === 'string' ? await document.getDestination(dest) : dest;
      const page = target?.[0] ? await document.getPageIndex(target[0]).catch(() => -1) : -1;
      const text = inOneLine(title);
      if (page >= 0 && text) found.push({ text, level, page: page + 1 });
      if (level < 6) await look(items, level + 1);
    }
  };
  await look(await document.getOutline(), 1);
  return found;
}

/** Which lines of a page are headings: those that the outline names there; without an outline, those that are larger than the rest. */
export function headingsIn(all: readonly Line[], outline: readonly (OutlineHeading & { page: number })[]) {
  if (outline.length === 0) {
    const larger = bySize(all);
    return () => larger;
  }
  return (page: number) => {
    const here = new Map(outline.filter((entry) => entry.page === page).map((entry) => [bare(entry.text), entry]));
    return (line: Line, next?: Line): OutlineHeading | undefined => {
      const one = here.get(bare(line.text));
      if (one) return one;
      const two = next && here.get(bare(line.text + next.text));
      return two && { ...two, isTwoLines: true };
    };
  };
}

/** A title without its number, and without what outlines and pages write in two ways. */
function bare(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^(chapter|appendix)\b/, '')
    .replace(/[^\p{L}]+/gu, '');
}

function bySize(all: readonly Line[]): (line: Line) => OutlineHeading | undefined {
  const characters = new Map<number, number>();
  const size = ({ height }: Line) => Math.round(height * 2) / 2;
  for (const line of all) characters.set(size(line), (characters.get(size(line)) ?? 0) + line.text.length);
  const [body = 0] = [...characters].sort(([, a], [, b]) => b - a)[0] ?? [];
  const larger = [...characters.keys()].filter((height) => height > body * 1.15).sort((a, b) => b - a);
  return (line) => {
    const rank = larger.indexOf(size(line));
    return rank < 0 || line.text.length > 120
      ? undefined
      : { text: inOneLine(line.text), level: Math.min(rank + 1, 6) };
  };
}
