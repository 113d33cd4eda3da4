// The program that reads documents: a process of its own for each, so that what is wrong with one harms nobody else. The bytes come by its standard
// input, and what is found leaves by its standard output, a line of JSON each.
import { writeSync } from 'node:fs';
import { writeJsonLine } from '../../contract/json.ts';
import { readCsv } from './csv_text.ts';
import type { DocumentType } from './document_types.ts';
import { readDocx } from './docx_text.ts';
import { readHtml } from './html_text.ts';
import { readMarkdown } from './markdown_text.ts';
import { readPdf } from './pdf_text.ts';
import { type Piece, plain, type ReadDocument, Unreadable } from './pieces.ts';
import { readText } from './plain_text.ts';
import { readPptx } from './pptx_text.ts';
import { readXlsx } from './xlsx_text.ts';

const readers: Record<DocumentType, ReadDocument> = {
  ...{ pdf: readPdf, docx: readDocx, pptx: readPptx, xlsx: readXlsx },
  ...{ html: readHtml, markdown: readMarkdown, text: readText, csv: readCsv },
};

/** A line that is written waits until it is taken: nothing piles up here. */
function write(line: Buffer): void {
  for (let at = 0; at < line.length; ) {
    try {
      at += writeSync(1, line, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}

const say = (what: object) => write(Buffer.from(`${writeJsonLine(what)}\n`));

function emit(piece: Piece): void {
  const said = piece.kind === 'text' ? { ...piece, text: plain(piece.text).trim() } : piece;
  if (said.kind !== 'text' || said.text !== '') say(said);
}

const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk);
try {
  await readers[process.argv[2] as DocumentType](Buffer.concat(chunks), emit);
  say({ kind: 'end' });
} catch (error) {
  if (!(error instanceof Unreadable)) throw error;
  say({ kind: 'refused', why: error.message });
}
process.exit(0);
