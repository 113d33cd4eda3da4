const width = 80;

/** One value with the space before it, from this column on; its further lines are indented by so much. */
export function scalar(text: string, column: number, indent: number): string {
  const isAscii = /^[\n\x20-\x7e]*$/.test(text);
  const isOneLine = !text.includes('\n');
  if (isAscii && isOneLine && !/^ | $/.test(text) && !hasIndicator(text) && resolvesTo(text) === 'str')
    return plain(text, column, indent);
  const isSingle = isAscii && !/\n | \n/.test(text);
  return isSingle ? single(text, column, indent) : double(text, column, indent);
}

/** What may not stand unquoted in a block: it begins with a sign that means something, or holds `: ` or ` #`. */
function hasIndicator(text: string): boolean {
  return /^[#,[\]{}&*!|>'"%@`]|^---|^\.\.\.|^[?:-](?= |$)|:(?= |$)| #/.test(text);
}

// Plain words that YAML 1.1 reads as something else than text.
const kinds: [string, RegExp][] = [
  ['bool', /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/],
  [
    'float',
    /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/,
  ],
  [
    'int',
    /^(?:[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$/,
  ],
  ['merge', /^<<$/],
  ['null', /^(?:~|null|Null|NULL|)$/],
  [
    'timestamp',
    /^(?:\d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?)$/,
  ],
  ['value', /^=$/],
];

/** What PyYAML takes an unquoted word for. */
export function resolvesTo(text: string): string {
  return kinds.find(([, pattern]) => pattern.test(text))?.[0] ?? 'str';
}

function plain(text: string, start: number, indent: number): string {
  let out = ' ';
  let column = start + 1;
  // One space alone may become the end of a line; more of them stay.
  for (const piece of text.match(/ +|[^ ]+/g) ?? []) {
    const folds = piece === ' ' && column > width;
    out += folds ? `\n${' '.repeat(indent)}` : piece;
    column = folds ? indent : column + piece.length;
  }
  return out;
}

function single(text: string, start: number, indent: number): string {
  let out = " '";
  let column = start + 2;
  let at = 0;
  for (const piece of text.match(/ +|\n+|'|[^ \n']+/g) ?? []) {
    const isInside = at > 0 && at + piece.length < text.length;
    at += piece.length;
    if (piece[0] === '\n') {
      // The first end of a line counts for nothing in a quoted text, so that it is written twice.
      out += `\n${piece}${' '.repeat(indent)}`;
      column = indent;
    } else if (piece === ' ' && column > width && isInside) {
      out += `\n${' '.repeat(indent)}`;
      column = indent;
    } else {
      const written = piece === "'" ? "''" : piece;
      out += written;
      column += written.length;
    }
  }
  return `${out}'`;
}

const letters: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
};

function escaped(char: string): string {
  if (letters[char]) return `\\${letters[char]}`;
  const code = char.codePointAt(0) as number;
  const [sign, digits] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : (['U', 8] as const);
  return `\\${sign}${code.toString(16).toUpperCase().padStart(digits, '0')}`;
}

function double(text: string, from: number, indent: number): string {
  const chars = [...text];
  let out = ' "';
  let column = from + 2;
  // What lies between `start` and `end` is not written yet.
  let start = 0;
  const write = (written: string) => {
    out += written;
    column += written.length;
  };
  for (let end = 0; end <= chars.length; end += 1) {
    const char = chars[end];
    if (char === undefined || !/^[\x20-\x7e]$/.test(char) || char === '"' || char === '\\') {
      if (start < end) write(chars.slice(start, end).join(''));
      start = end;
      if (char !== undefined) {
        write(escaped(char));
        start = end + 1;
      }
    }
    const mayFold = end > 0 && end < chars.length - 1 && (char === ' ' || start >= end);
    if (mayFold && column + (end - start) > width) {
      write(`${chars.slice(start, end).join('')}\\`);
      start = Math.max(start, end);
      out += `\n${' '.repeat(indent)}`;
      column = indent;
      if (chars[start] === ' ') write('\\');
    }
  }
  return `${out}"`;
}
