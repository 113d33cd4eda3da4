import type { TextItem, TextMarkedContent } from 'pdfjs-dist/types/src/display/api.js';
import { plain } from './pieces.ts';

/** A line of a page: its text, how far up it stands, and how high its letters are. */
export interface Line {
  text: string;
  y: number;
  height: number;
}

/** The lines of a page, in the order in which the file has them. */
export function linesOf(items: readonly (TextItem | TextMarkedContent)[]): Line[] {
  const lines: Line[] = [];
  let [text, y, height] = ['', 0, 0];
  const end = () => {
    const line = plain(text).normalize('NFC').trim();
    if (line !== '') lines.push({ text: line, y, height });
    [text, height] = ['', 0];
  };
  for (const item of items) {
    if (!('str' in item)) continue;
    if (item.str.trim() !== '') {
      if (text.trim() === '') y = item.transform[5];
      height = Math.max(height, item.height);
    }
    text += item.str;
    if (item.hasEOL) end();
  }
  end();
  return lines;
}
