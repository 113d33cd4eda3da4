import { isDateFormat, writtenDate } from './excel_dates.ts';
import { type Emit, Unreadable } from './pieces.ts';
import { tableRows } from './table_rows.ts';
import { readXml, relationsOf } from './xml_part.ts';
import { type Parts, partsOf } from './zip_parts.ts';

/** A row has no more cells than this for us, and a table no more texts. */
const mostColumns = 1_000;
const mostStrings = 5_000_000;

/** The sheets of a workbook (ECMA-376 part 1, §18), each a page with its name as the heading, row by row; formulas by what they came to. */
export async function readXlsx(bytes: Buffer, emit: Emit): Promise<void> {
  const parts = await partsOf(bytes);
  const workbook = 'xl/workbook.xml';
  if (!parts.names.includes(workbook)) throw new Unreadable('The file is no Excel workbook.');
  const relations = await relationsOf(parts, workbook);
  const sheets: { name: string; target: string }[] = [];
  let since1904 = false;
  await readXml(parts, workbook, {
    open(tag, { name = '', rel = '', state, date1904 = '' }) {
      const target = relations.get(rel)?.target;
      if (tag === 'sheet' && target && state !== 'veryHidden') sheets.push({ name, target });
      if (tag === 'workbookPr') since1904 = date1904 === '1' || date1904 === 'true';
    },
  });
  const strings = await sharedStrings(
    parts,
    [...relations.values()].find(({ type }) => type === 'sharedStrings')?.target,
  );
  const dates = await dateStyles(parts, [...relations.values()].find(({ type }) => type === 'styles')?.target);
  for (const [index, { name, target }] of sheets.entries()) {
    emit({ kind: 'page', page: index + 1, pages: sheets.length });
    emit({ kind: 'heading', text: name, level: 1 });
    await readSheet(parts, target, { strings, dates, since1904 }, tableRows(emit));
  }
}

async function sharedStrings(parts: Parts, name = 'xl/sharedStrings.xml'): Promise<string[]> {
  const strings: string[] = [];
  let [text, isText, isReading] = ['', false, false];
  await readXml(parts, name, {
    open(tag) {
      if (tag === 'si') text = '';
      // How a word is read aloud is beside it.
      else if (tag === 'rPh') isReading = true;
      else if (tag === 't') isText = !isReading;
    },
    text(piece) {
      if (isText) text += piece;
    },
    close(tag) {
      if (tag === 't') isText = false;
      else if (tag === 'rPh') isReading = false;
      else if (tag === 'si') {
        if (strings.length >= mostStrings) throw new Unreadable('The workbook has more texts than are read here.');
        strings.push(text);
      }
    },
  });
  return strings;
}

/** Which cell styles, by their place, show a number as a date. */
async function dateStyles(parts: Parts, name = 'xl/styles.xml'): Promise<boolean[]> {
  const formats = new Map<string, string>();
  const styles: boolean[] = [];
  let isCells = false;
  await readXml(parts, name, {
    open(tag, { numFmtId = '', formatCode = '' }) {
      if (tag === 'numFmt') formats.set(numFmtId, formatCode);
      else if (tag === 'cellXfs') isCells = true;
      else if (tag === 'xf' && isCells) styles.push(isDateFormat(Number(numFmtId), formats.get(numFmtId)));
    },
    close(tag) {
      if (tag === 'cellXfs') isCells = false;
    },
  });
  return styles;
}

interface Workbook {
  strings: readonly string[];
  dates: readonly boolean[];
  since1904: boolean;
}

async function readSheet(parts: Parts, name: string, workbook: Workbook, take: (row: readonly string[]) => void) {
  let row: string[] = [];
  let cell = { column: 0, type: 'n', style: 0, value: '' };
  let isValue = false;
  await readXml(parts, name, {
    open(tag, { r = '', t = 'n', s = '0' }) {
      if (tag === 'row') row = [];
      else if (tag === 'c') cell = { column: columnOf(r) ?? row.length, type: t, style: Number(s), value: '' };
      else if (tag === 'v' || tag === 't') isValue = true;
    },
    text(text) {
      if (isValue) cell.value += text;
    },
    close(tag) {
      if (tag === 'v' || tag === 't') isValue = false;
      else if (tag === 'c' && cell.column < mostColumns) {
        while (row.length < cell.column) row.push('');
        row[cell.column] = shown(cell, workbook);
      } else if (tag === 'row') take(row);
    },
  });
}

function shown(
  { type, style, value }: { type: string; style: number; value: string },
  { strings, dates, since1904 }: Workbook,
) {
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (type === 'n' && value !== '' && dates[style]) return writtenDate(Number(value), since1904);
  return value;
}

/** `C7` is in column 2. */
function columnOf(reference: string): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(reference)?.[0];
  return letters === undefined
    ? undefined
    : [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}
