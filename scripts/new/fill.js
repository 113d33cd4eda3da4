import { readFileSync } from 'node:fs';

/**
 * A template with its `{{names}}` filled in. One that has a line of its own may be a list of lines: each gets its depth.
 * @param {string} name below templates/
 * @param {Record<string, string | string[]>} values
 */
export function fill(name, values) {
  const text = readFileSync(new URL(`templates/${name}`, import.meta.url), 'utf8');
  const value = (key) => {
    if (values[key] === undefined) throw new Error(`${name} asks for ${key}`);
    return values[key];
  };
  return text
    .replaceAll(/^( *)\{\{(\w+)\}\}\n/gm, (_all, depth, key) =>
      [value(key)]
        .flat()
        .map((line) => `${depth}${line}\n`)
        .join(''),
    )
    .replaceAll(/\{\{(\w+)\}\}/g, (_all, key) => value(key));
}
