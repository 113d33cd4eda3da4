/** Up to this length a mistake is looked for; characters. */
const searched = 100_000;

/** What is wrong, in Python's words, and where; without a place for what Python itself would take. */
type Mistake = [words: string, at?: number];

/**
 * The first mistake in a text that is no JSON, as Python's parser says it, and where it is (docs/compat/maiagent.md:
 * Broken JSON).
 */
export function jsonMistake(text: string): string {
  const [words, at] = text.length > searched ? ['Expecting value'] : mistakeIn(text);
  if (at === undefined) return words;
  const before = text.slice(0, at);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return `${words}: line ${before.split('\n').length} column ${points(line) + 1} (char ${points(before)})`;
}

/** How many characters: Python counts one for what is two here. */
function points(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff](?=[\udc00-\udfff])/g)?.length ?? 0);
}

const close = { '{': '}', '[': ']' };
const scalar = /null|true|false|NaN|-?Infinity|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/y;
// Not the quote, the backslash, and control characters.
const plain = /[ !#-[\]-\uffff]*/y;

/** Walks over the text value by value, as Python does: how deep it is makes no difference. */
function mistakeIn(text: string): Mistake {
  if (text.startsWith('\ufeff')) return ['Unexpected UTF-8 BOM (decode using utf-8-sig)', 0];
  const open: (keyof typeof close)[] = [];
  try {
    for (let at = blanks(text, 0); ; ) {
      const start = text[at];
      if (start === '{' || start === '[') {
        const inside = blanks(text, at + 1);
        if (text[inside] !== close[start]) {
          open.push(start);
          at = start === '{' ? nameAt(text, inside) : inside;
          continue;
        }
        at = inside + 1;
      } else at = start === '"' ? stringAt(text, at) : scalarAt(text, at);

      for (let inner = open.at(-1); ; inner = open.at(-1)) {
        at = blanks(text, at);
        if (inner === undefined) return ['Extra data', at];
        if (text[at] !== close[inner]) break;
        open.pop();
        at += 1;
      }
      if (text[at] !== ',') return ["Expecting ',' delimiter", at];
      at = blanks(text, at + 1);
      if (open.at(-1) === '{') at = nameAt(text, at);
    }
  } catch (mistake) {
    if (Array.isArray(mistake)) return mistake as Mistake;
    throw mistake;
  }
}

// What follows gives the place after what it found, and throws a mistake.

function blanks(text: string, at: number): number {
  let after = at;
  while (after < text.length && ' \t\n\r'.includes(text[after] as string)) after += 1;
  return after;
}

function scalarAt(text: string, at: number): number {
  const found = matchAt(scalar, text, at);
  if (found === undefined) throw ['Expecting value', at] satisfies Mistake;
  return at + found.length;
}

/** A name and its colon. */
function nameAt(text: string, at: number): number {
  if (text[at] !== '"') throw ['Expecting property name enclosed in double quotes', at] satisfies Mistake;
  const after = blanks(text, stringAt(text, at));
  if (text[after] !== ':') throw ["Expecting ':' delimiter", after] satisfies Mistake;
  return blanks(text, after + 1);
}

function stringAt(text: string, begin: number): number {
  for (let at = begin + 1; ; ) {
    at += matchAt(plain, text, at)?.length ?? 0;
    const [found, escaped] = [text[at], text[at + 1]];
    if (found === '"') return at + 1;
    if (found === undefined || (found === '\\' && escaped === undefined))
      throw ['Unterminated string starting at', begin] satisfies Mistake;
    if (found !== '\\') throw ['Invalid control character at', at] satisfies Mistake;
    if (escaped === 'u') {
      if (!/^[\da-f]{4}./is.test(text.slice(at + 2, at + 7)))
        throw ['Invalid \\uXXXX escape', at + 1] satisfies Mistake;
      at += 6;
    } else {
      if (!'"\\/bfnrt'.includes(String(escaped))) throw ['Invalid \\escape', at] satisfies Mistake;
      at += 2;
    }
  }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
