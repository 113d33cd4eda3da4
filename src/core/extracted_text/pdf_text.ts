import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PDFDocumentProxy } from 'pdfjs-dist';
import { headingsIn, type OutlineHeading, outlineOf } from './pdf_headings.ts';
import { type Line, linesOf } from './pdf_lines.ts';
import { type Emit, Unreadable } from './pieces.ts';

/** No more pages are read. */
const mostPages = 10_000;

/**
 * The text of a PDF, page by page: lines in paragraphs, what stands at the edge of every page left out, headings by its outline or, without one, by
 * the size of their letters. A page that cannot be read does not spoil the others.
 */
export async function readPdf(bytes: Buffer, emit: Emit): Promise<void> {
  const document = await opened(bytes);
  const { numPages: pages } = document;
  if (pages > mostPages) throw new Unreadable(`The document has more than ${mostPages} pages.`);
  const all: (Line[] | undefined)[] = [];
  for (let page = 1; page <= pages; page += 1) {
    all.push(await linesOn(document, page));
    emit({ kind: 'progress', page, pages });
  }
  const edges = repeatedEdges(all);
  const outline = await outlineOf(document).catch(() => []);
  const headings = headingsIn(
    all.flatMap((lines) => lines ?? []),
    outline,
  );
  for (const [index, lines] of all.entries()) {
    const page = index + 1;
    emit({ kind: 'page', page, pages });
    if (lines)
      emitPage(
        lines.filter((line, at) => !isEdge(lines, at) || !edges.has(shapeOf(line.text))),
        headings(page),
        emit,
      );
    else emit({ kind: 'unreadable', page, why: 'This page cannot be read.' });
  }
}

async function opened(bytes: Buffer): Promise<PDFDocumentProxy> {
  // Its modern build wants a newer Node.
  const { getDocument } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const folder = dirname(createRequire(import.meta.url).resolve('pdfjs-dist/package.json'));
  const fonts = {
    cMapUrl: join(folder, 'cmaps/'),
    cMapPacked: true,
    standardFontDataUrl: join(folder, 'standard_fonts/'),
  };
  const asked = {
    data: new Uint8Array(bytes),
    ...fonts,
    disableFontFace: true,
    useSystemFonts: false,
    useWasm: false,
    verbosity: 0,
  };
  try {
    return await getDocument(asked).promise;
  } catch (error) {
    const { name } = error as Error;
    throw new Unreadable(
      name === 'PasswordException' ? 'The document is protected by a password.' : 'The file is damaged, or no PDF.',
    );
  }
}

async function linesOn(document: PDFDocumentProxy, number: number): Promise<Line[] | undefined> {
  try {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    page.cleanup();
    return linesOf(items);
  } catch {
    return undefined;
  }
}

/** Lines at the top and the bottom of three pages or more, but for their numbers. */
function repeatedEdges(all: readonly (readonly Line[] | undefined)[]): Set<string> {
  const counts = new Map<string, number>();
  for (const lines of all) {
    const shapes = new Set(
      (lines ?? []).filter((_line, at) => isEdge(lines ?? [], at)).map(({ text }) => shapeOf(text)),
    );
    for (const shape of shapes) counts.set(shape, (counts.get(shape) ?? 0) + 1);
  }
  return new Set([...counts].filter(([, pages]) => pages >= 3).map(([shape]) => shape));
}

const isEdge = (lines: readonly Line[], at: number) => at < 2 || at >= lines.length - 2;
const shapeOf = (text: string) =>
  text
    .replace(/[\divxlcIVXLC]+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();

function emitPage(
  lines: readonly Line[],
  isHeading: (line: Line, next?: Line) => OutlineHeading | undefined,
  emit: Emit,
) {
  let paragraph: Line[] = [];
  const end = () => {
    if (paragraph.length > 0) emit({ kind: 'text', text: joined(paragraph) });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as Line;
    const heading = isHeading(line, lines[at + 1]);
    const above = paragraph.at(-1);
    if (heading || (above && isApart(above, line))) end();
    if (!heading) paragraph.push(line);
    else {
      emit({ kind: 'heading', text: heading.text, level: heading.level });
      if (heading.isTwoLines) at += 1;
    }
  }
  end();
}

/** A gap of more than a line, or a step back up to another column. */
const isApart = (above: Line, line: Line) =>
  above.y - line.y > 1.7 * Math.max(above.height, line.height, 1) || line.y > above.y;

const cjk = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}，。、；：？！（）「」《》]/u;

/** Lines as they were before they were broken: words without the hyphen that they got, CJK without a gap. */
function joined(lines: readonly Line[]): string {
  return lines
    .map(({ text }) => text)
    .reduce((whole, text) => {
      if (/\p{L}[-\u2010\u00ad]$/u.test(whole) && /^\p{Ll}/u.test(text)) return whole.slice(0, -1) + text;
      return whole + (cjk.test(whole.slice(-1)) && cjk.test(text.charAt(0)) ? '' : '\n') + text;
    });
}
