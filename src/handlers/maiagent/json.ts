/** Up to this length a mistake is looked for; characters. */
const searched = 10_000;

const words: [start: string, python: string][] = [
  ["Expected property name or '}'", 'Expecting property name enclosed in double quotes'],
  ['Expected double-quoted property name', 'Expecting property name enclosed in double quotes'],
  ["Expected ',' or", "Expecting ',' delimiter"],
  ["Expected ':'", "Expecting ':' delimiter"],
  ['Unterminated string', 'Unterminated string starting at'],
  ['Bad control character', 'Invalid control character at'],
  ['Bad escaped character', 'Invalid \\escape'],
  ['Unexpected non-whitespace', 'Extra data'],
];

/** A mistake in a JSON text, in the words of Python's parser, and where it is (wire/maiagent.md §4.1). */
export function jsonMistake(text: string, thrown: unknown): string {
  const { message } = thrown as Error;
  const told = words.find(([start]) => message.startsWith(start))?.[1] ?? 'Expecting value';
  if (text.length > searched) return told;
  const at = told.startsWith('Unterminated') ? text.lastIndexOf('"') : (positionOf(message) ?? firstBad(text));
  const before = text.slice(0, at);
  return `${told}: line ${before.split('\n').length} column ${at - before.lastIndexOf('\n')} (char ${at})`;
}

function positionOf(message: string): number | undefined {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? undefined : Number(position);
}

/** Where the value begins at which the longest beginning ends that some JSON text has, too. */
function firstBad(text: string): number {
  let [good, bad] = [0, text.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBeginning(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good - (/[a-z]*$/.exec(text.slice(0, good))?.[0].length ?? 0);
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (thrown) {
    const { message } = thrown as Error;
    return /^Unexpected end|^Unterminated/.test(message) || positionOf(message) === text.length;
  }
}
