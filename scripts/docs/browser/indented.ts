/** JSON in lines, with every number and text as it came: what parses it would round the one and unfold the other. */
export function indented(json: string): string {
  let out = '';
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  const parts = json.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g) ?? [];
  for (const [at, part] of parts.entries()) {
    const next = parts[at + 1];
    if (part === '{' || part === '[') {
      depth += 1;
      out += next === '}' || next === ']' ? part : part + line();
    } else if (part === '}' || part === ']') {
      depth -= 1;
      const before = parts[at - 1];
      out += before === '{' || before === '[' ? part : line() + part;
    } else if (part === ',') out += part + line();
    else out += part === ':' ? ': ' : part;
  }
  return out;
}
