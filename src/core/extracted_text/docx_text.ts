import { type Emit, inOneLine, Unreadable } from './pieces.ts';
import { readXml, relationsOf } from './xml_part.ts';
import { type Parts, partsOf } from './zip_parts.ts';

/**
 * The text of a Word document (ECMA-376 part 1, §17): paragraphs, headings by their style, tables row by row, footnotes at the end. Pages are those
 * that Word last laid out, where it wrote them down.
 */
export async function readDocx(bytes: Buffer, emit: Emit): Promise<void> {
  const parts = await partsOf(bytes);
  const main =
    [...(await relationsOf(parts, '')).values()].find(({ type }) => type === 'officeDocument')?.target ??
    'word/document.xml';
  if (!parts.names.includes(main)) throw new Unreadable('The file is no Word document.');
  const relations = [...(await relationsOf(parts, main)).values()];
  const styles = relations.find(({ type }) => type === 'styles')?.target ?? 'word/styles.xml';
  const levels = await headingLevels(parts, styles);
  await readBody(parts, main, levels, emit);
  for (const { target } of relations.filter(({ type }) => type === 'footnotes' || type === 'endnotes')) {
    await readBody(parts, target, levels, emit);
  }
}

/** The levels of styles that are headings, by their ids: the ids are in the language of whoever wrote it, their names are not. */
async function headingLevels(parts: Parts, name: string): Promise<Map<string, number>> {
  const levels = new Map<string, number>();
  let style = '';
  await readXml(parts, name, {
    open(tag, { styleId, val = '' }) {
      if (tag === 'style') style = styleId ?? '';
      const level =
        tag === 'name' ? Number(/^heading (\d)$/i.exec(val)?.[1]) : tag === 'outlineLvl' ? Number(val) + 1 : Number.NaN;
      if (style && level >= 1 && level <= 9) levels.set(style, level);
      if (tag === 'name' && /^title$/i.test(val)) levels.set(style, 1);
    },
    close(tag) {
      if (tag === 'style') style = '';
    },
  });
  return levels;
}

async function readBody(parts: Parts, name: string, levels: ReadonlyMap<string, number>, emit: Emit): Promise<void> {
  // Texts within texts: a box of text stands within a paragraph.
  const open: { text: string; level: number | undefined }[] = [];
  let row: string[] | undefined;
  let tables = 0;
  let page = 0;
  let skipped = 0;
  let isText = false;
  const turn = () => {
    page += 1;
    emit({ kind: 'page', page: page + 1 });
  };
  await readXml(parts, name, {
    open(tag, { val = '', type }) {
      // What older programs are to show instead is there twice.
      if (tag === 'Fallback') skipped += 1;
      if (skipped > 0) return;
      const paragraph = open.at(-1);
      if (tag === 'p') open.push({ text: '', level: undefined });
      else if (tag === 'pStyle' && paragraph) paragraph.level = levels.get(val) ?? paragraph.level;
      else if (tag === 'outlineLvl' && paragraph && Number(val) < 9) paragraph.level = Number(val) + 1;
      else if (tag === 't' || tag === 'delText') isText = tag === 't';
      else if ((tag === 'tab' || tag === 'br' || tag === 'cr') && paragraph) {
        if (tag === 'br' && type === 'page') return;
        paragraph.text += tag === 'tab' ? '\t' : '\n';
      } else if (tag === 'lastRenderedPageBreak') turn();
      else if (tag === 'tbl') tables += 1;
      else if (tag === 'tr' && tables === 1) row = [];
      else if (tag === 'tc' && tables === 1) row?.push('');
    },
    text(text) {
      const paragraph = open.at(-1);
      if (isText && skipped === 0 && paragraph) paragraph.text += text;
    },
    close(tag) {
      if (tag === 'Fallback') skipped -= 1;
      if (skipped > 0) return;
      if (tag === 't' || tag === 'delText') isText = false;
      else if (tag === 'p') {
        const { text = '', level } = open.pop() ?? {};
        if (row) row.push(`${row.pop() ?? ''} ${text}`);
        else if (level !== undefined && inOneLine(text)) emit({ kind: 'heading', text: inOneLine(text), level });
        else emit({ kind: 'text', text });
      } else if (tag === 'tr' && tables === 1 && row) {
        emit({ kind: 'text', text: row.map(inOneLine).join(' | ') });
        row = undefined;
      } else if (tag === 'tbl') tables -= 1;
    },
  });
}
