/** Whatever begins a line somewhere: Unicode's line ends, and those of terminals. */
const lineEnd = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

/** A text as a quotation: each of its lines begins with `> `, so that nothing in it looks like what stands around it. */
export function quoted(text: string): string {
  return text
    .split(lineEnd)
    .map((line) => `> ${line}`)
    .join('\n');
}

/** The same within a line: a name, a heading. */
export function inLine(text: string): string {
  return text.split(lineEnd).join(' ').trim();
}
