import { parse } from 'csv-parse/sync';
import { decoded } from './decoded_text.ts';
import { type Emit, Unreadable } from './pieces.ts';
import { tableRows } from './table_rows.ts';

/** Rows of values between commas, semicolons or tabs, whichever the first line has most of. */
export function readCsv(bytes: Buffer, emit: Emit): void {
  const text = decoded(bytes);
  const [first = ''] = text.split(/[\r\n]/, 1);
  const delimiter =
    [',', ';', '\t'].map((one) => ({ one, times: first.split(one).length })).sort((a, b) => b.times - a.times)[0]
      ?.one ?? ',';
  const take = tableRows(emit);
  try {
    parse(text, {
      ...{
        bom: true,
        delimiter,
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        max_record_size: 1_000_000,
      },
      on_record: (row: string[]) => {
        take(row);
        return null;
      },
    });
  } catch {
    throw new Unreadable('The file is no table of values between commas.');
  }
}
