import { Readable } from 'node:stream';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type Bounds,
  documentType,
  type Piece,
  readDocument,
  usualBounds,
} from '../../src/core/extracted_text/index.ts';
import { docx, packed, paragraph, pdf, pptx, xlsx } from '../support/documents.ts';

const never = new AbortController().signal;

/** What is found in a document: headings, and texts with their page. */
async function found(name: string, bytes: Buffer | string, bounds: Bounds = usualBounds, signal = never) {
  const pieces: string[] = [];
  let page = '';
  const type = documentType(name);
  if (!type) throw new Error(`no reader for ${name}`);
  for await (const piece of readDocument(Readable.from([Buffer.from(bytes)]), type, signal, bounds)) {
    if (piece.kind === 'page') page = `${piece.page}: `;
    if (piece.kind === 'heading') pieces.push(`${page}${'#'.repeat(piece.level)} ${piece.text}`);
    if (piece.kind === 'text') pieces.push(page + piece.text);
    if (piece.kind === 'unreadable') pieces.push(`${page}!${piece.why}`);
  }
  return pieces;
}

const damaged = 'The file is damaged, or not what its name says.';

describe('what is read', () => {
  it('PDF: pages, paragraphs, headings by their size; words that a line broke are whole; what every page has is left out', async () => {
    const page = (head: string, ...lines: string[]) => [head, ...lines];
    const bytes = pdf([
      page('First Chapter', 'ACME handbook', 'A line that was bro-', 'ken, and its end.', '', 'Page 1'),
      page('Second Chapter', 'ACME handbook', 'Another (text).', '', 'Page 2'),
      page('Third Chapter', 'ACME handbook', 'The last one.', '', 'Page 3'),
    ]);
    expect(await found('a.PDF', bytes)).toEqual([
      ...['1: # First Chapter', '1: A line that was broken, and its end.'],
      ...['2: # Second Chapter', '2: Another (text).'],
      ...['3: # Third Chapter', '3: The last one.'],
    ]);
  });

  it('DOCX: headings by style, tables by row, footnotes; what was deleted or is there twice is not', async () => {
    const cell = (text: string) => `<w:tc>${paragraph(text)}</w:tc>`;
    const body = [
      paragraph('Überschrift &amp; more', 'Ueberschrift1'),
      `<w:p><w:r><w:t>One </w:t></w:r><w:del><w:r><w:delText>two </w:delText></w:r></w:del><w:r><w:t>three</w:t><w:br/><w:t>four</w:t></w:r></w:p>`,
      `<w:tbl><w:tr>${cell('a')}${cell('b')}</w:tr><w:tr>${cell('1')}${cell('2')}</w:tr></w:tbl>`,
      `<w:p><w:r><w:lastRenderedPageBreak/><mc:AlternateContent><mc:Choice><w:t>box</w:t></mc:Choice><mc:Fallback><w:t>box</w:t></mc:Fallback></mc:AlternateContent></w:r></w:p>`,
      paragraph('Unter', 'H2'),
    ].join('');
    const notes = {
      'word/footnotes.xml': `<w:footnotes xmlns:w="w"><w:footnote>${paragraph('A note.')}</w:footnote></w:footnotes>`,
    };
    expect(await found('a.docx', docx(body, notes))).toEqual([
      '# Überschrift & more',
      'One three\nfour',
      'a | b',
      '1 | 2',
      '2: box',
      '2: ## Unter',
      '2: A note.',
    ]);
  });

  it('PPTX: slides in the order of the presentation, notes after them', async () => {
    const bytes = pptx([
      { title: 'Hello', text: 'World', notes: 'Say it slowly.' },
      { title: '第二張', text: '票價' },
    ]);
    expect(await found('a.pptx', bytes)).toEqual([
      '1: # Hello',
      '1: World',
      '1: Say it slowly.',
      '2: # 第二張',
      '2: 票價',
    ]);
  });

  it('XLSX: rows with the names of their columns, dates as dates', async () => {
    const rows =
      '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>Day</t></is></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="b"><v>1</v></c><c r="C2" s="1"><v>45678</v></c></row><row r="3"><c><v>0.5</v></c></row><row r="4"/>';
    expect(await found('a.xlsx', xlsx(rows, ['名稱', '高鐵']))).toEqual([
      '1: # Prices & days',
      '1: 名稱 |  | Day',
      '1: 名稱: 高鐵; TRUE; Day: 2025-01-21',
      '1: 名稱: 0.5',
    ]);
  });

  it('HTML: title, headings, blocks, tables; no scripts, and nothing that is hidden', async () => {
    const page =
      '<!doctype html><title>T &lt;</title><body><h1>One<br>two</h1><p>A <b>bold</b>\n word<script>bad()</script><p hidden>no<ul><li>x<li>y</ul><table><tr><td>1<td>2</table><pre>a\n  b</pre><style>no</style>end';
    expect(await found('a.html', page)).toEqual([
      '# T <',
      '# One two',
      'A bold word',
      'x',
      'y',
      '1 | 2',
      'a\n  b',
      'end',
    ]);
  });

  it('Markdown: headings of both kinds, none of them in what is fenced in', async () => {
    const text = '# One #\n\ntext\ngoes on\n\nTwo\n---\n- a\n\n```sh\n# no\n```\n### Three\nend';
    expect(await found('a.md', text)).toEqual([
      '# One',
      'text\ngoes on',
      '## Two',
      '- a',
      '```sh\n# no\n```',
      '### Three',
      'end',
    ]);
  });

  it('text, CSV and JSON, in UTF-8, UTF-16, Big5, GB 18030 and Windows-1252', async () => {
    expect(await found('a.txt', 'one\r\ntwo\r\n\r\n\u0000three\f四')).toEqual(['1: one\ntwo', '1: three', '2: 四']);
    expect(await found('a.txt', Buffer.from('\ufeff高鐵', 'utf16le'))).toEqual(['高鐵']);
    // As Excel in Taiwan saves them.
    const big5 = Buffer.from(
      'b0aac54bb2bcbbf9ac64b8dfaababba1a9faa141a8e0b5a3a562bbf9a141a6d1a448a443a7e9a143a578a55fa8ecb0aab6afaabaa8aeb2bca569a548a662baf4b8f4a457c1cab652a143',
      'hex',
    );
    expect(await found('a.csv', big5)).toEqual([
      '高鐵票價查詢的說明，兒童半價，老人七折。台北到高雄的車票可以在網路上購買。',
    ]);
    const gb18030 = Buffer.from(
      'b8dfccfac6b1bcdbb2e9d1afb5c4cbb5c3f7a3acb6f9cdafb0ebbcdba3acc0cfc8cbc6dfd5dba1a3b1b1bea9b5bdc9cfbaa3b5c4b3b5c6b1bfc9d2d4d4dacdf8c9cfb9bac2f2a1a3',
      'hex',
    );
    expect(await found('a.txt', gb18030)).toEqual([
      '高铁票价查询的说明，儿童半价，老人七折。北京到上海的车票可以在网上购买。',
    ]);
    expect(
      await found('a.txt', Buffer.from('Gr\xfc\xdfe aus K\xf6ln, und einen sch\xf6nen Tag f\xfcr alle', 'latin1')),
    ).toEqual(['Grüße aus Köln, und einen schönen Tag für alle']);
    expect(await found('a.csv', 'a;b\n"x;1";"two\nlines"\n\nonly\n')).toEqual([
      'a | b',
      'a: x;1; b: two lines',
      'a: only',
    ]);
    expect(await found('a.jsonl', '{"a":1}\n{"a":2}')).toEqual(['{"a":1}\n{"a":2}']);
    expect(await found('a.txt', '')).toEqual([]);
  });
});

describe('what is refused, with a sentence', () => {
  it('what is not what its name says, or breaks off', async () => {
    await expect(found('a.pdf', 'no PDF at all')).rejects.toThrow('The file is damaged, or no PDF.');
    await expect(found('a.docx', 'no archive')).rejects.toThrow(damaged);
    await expect(found('a.docx', docx(paragraph('x')).subarray(0, 300))).rejects.toThrow(damaged);
    await expect(found('a.xlsx', docx(paragraph('x')))).rejects.toThrow('The file is no Excel workbook.');
    await expect(found('a.docx', packed({ '../../etc/passwd': 'x' }))).rejects.toThrow(damaged);
  });

  it('a few bytes that unpack to gigabytes', async () => {
    const bomb = docx(paragraph('a'.repeat(300 * 1024 * 1024)));
    expect(bomb.length).toBeLessThan(1024 * 1024);
    await expect(found('a.docx', bomb)).rejects.toThrow(/larger than what is read here|asks for more/);
    const stream = deflateSync(Buffer.alloc(400 * 1024 * 1024, ' '), { level: 9 });
    const text = pdf([['x']])
      .toString('latin1')
      .replace(
        /<< \/Length \d+ >>\nstream\n[\s\S]*?\nendstream/,
        () => `<< /Length ${stream.length} /Filter /FlateDecode >>\nstream\n${stream.toString('latin1')}\nendstream`,
      );
    const began = process.memoryUsage().rss;
    // Whatever becomes of it, it ends, and this process has not grown by it.
    await found('a.pdf', Buffer.from(text, 'latin1')).catch((error: Error) =>
      expect(error.message).toMatch(/damaged|asks for more|takes too long/),
    );
    expect(process.memoryUsage().rss - began).toBeLessThan(300 * 1024 * 1024);
  });

  it('more text than is read, and what takes too long', async () => {
    await expect(found('a.txt', 'word '.repeat(1000), { ...usualBounds, characters: 1000 })).rejects.toThrow(
      'more text than is read here',
    );
    const deep = `<p>${'<div>'.repeat(200_000)}x`;
    await found('a.html', deep, { ...usualBounds, silence: 20 }).catch((error: Error) =>
      expect(error.message).toMatch(/too long|asks for more/),
    );
    const slow = new Readable({ read() {} });
    const pieces = readDocument(slow, 'text', never, { ...usualBounds, silence: 0.2 });
    await expect(pieces.next()).rejects.toThrow('The file takes too long to read.');
    expect(slow.destroyed).toBe(true);
  });

  it('stops when it is told to, and passes on what the store throws', async () => {
    const stopping = new AbortController();
    const waiting = readDocument(new Readable({ read() {} }), 'text', stopping.signal).next();
    setTimeout(() => stopping.abort(new Error('on the way out')), 50);
    await expect(waiting).rejects.toThrow('on the way out');
    const broken = new Readable({
      read() {
        this.destroy(new Error('the store is gone'));
      },
    });
    await expect(readDocument(broken, 'text', never).next()).rejects.toThrow('the store is gone');
  });
});

it('is left when nobody reads on', async () => {
  const pieces = readDocument(Readable.from([Buffer.from('a\n\nb\n\n'.repeat(50_000))]), 'text', never);
  expect((await pieces.next()).value satisfies Piece | undefined).toEqual({ kind: 'text', text: 'a' });
  await pieces.return(undefined);
});
