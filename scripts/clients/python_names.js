/** Words that Python keeps for itself, and those that an annotation in a class needs. */
const taken = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in ' +
    'is lambda nonlocal not or pass raise return try while with yield self'
  ).split(' '),
);

/** A name of the wire as Python writes it: `pageSize` is `page_size`, `_limit` is `limit`, `class` is `class_`. */
export function snake(name) {
  const spelt = name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
  const safe = /^\d/.test(spelt) || spelt === '' ? `n${spelt}` : spelt;
  return taken.has(safe) ? `${safe}_` : safe;
}

/** A name of a class: `scaling-config` is `ScalingConfig`, `State-2` is `State2`. */
export function pascal(name) {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z\d]+/)
    .filter(Boolean)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/** A literal of Python. */
export function literal(value) {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A doc comment, `indent` spaces in. */
export function docstring(text, indent) {
  const said = text.trim().replaceAll('\\', '\\\\').replaceAll('"""', "'''");
  if (!said) return '';
  const pad = ' '.repeat(indent);
  const lines = wrapped(said, 110 - indent);
  const [first = ''] = lines;
  if (lines.length === 1) return `${pad}"""${first.replace(/"$/, '" ')}"""\n`;
  return `${pad}"""${lines.map((line, at) => (at === 0 || line === '' ? line : pad + line)).join('\n')}\n${pad}"""\n`;
}

/** Text in lines of about this width; an empty line stays one, and what is indented stays so. */
export function wrapped(text, width) {
  const lines = [];
  for (const paragraph of text.split('\n')) {
    const [indent = ''] = /^ */.exec(paragraph) ?? [];
    let line = '';
    for (const word of paragraph.trim().split(/ +/)) {
      if (line !== '' && line.length + word.length >= width) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? indent + word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines;
}
