import { type Emit, inOneLine } from './pieces.ts';

/**
 * Writes rows of a table so that each can be understood by itself: `Name: Narsil; Damage: 9`, where the first row has the names of the columns. Gives
 * a function that takes one row after the other.
 */
export function tableRows(emit: Emit): (row: readonly string[]) => void {
  let names: string[] | undefined;
  return (cells) => {
    const row = cells.map(inOneLine);
    if (row.every((cell) => cell === '')) return;
    if (!names) {
      names = isHeader(row) ? row : [];
      if (names.length > 0) return emit({ kind: 'text', text: row.join(' | ') });
    }
    const named = row.map((cell, index) => (cell && names?.[index] ? `${names[index]}: ${cell}` : cell));
    emit({ kind: 'text', text: named.filter((cell) => cell !== '').join('; ') });
  };
}

/** Names of columns are words, each another one. */
function isHeader(row: readonly string[]): boolean {
  const words = row.filter((cell) => cell !== '');
  return (
    words.length > 1 &&
    new Set(words).size === words.length &&
    words.every((word) => word.length <= 80 && !/^[-+]?[\d.,/:% -]+$/.test(word))
  );
}
