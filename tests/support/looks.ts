const empty = new Set(['br', 'hr', 'img', 'input', 'link', 'meta', 'path', 'wbr']);
const tags = /<(\/?)([a-z][a-z\d]*)((?:\s[^<>]*?)?)\/?>/g;
const of = (attributes: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';

/** What a page is made of, as rules of style see it: each element with its class, in the element that it stands in. */
function looksOf(html: string): Set<string> {
  const above: string[] = [];
  const looks = new Set<string>();
  for (const [, close, tag = '', attributes = ''] of html.matchAll(tags)) {
    if (close) above.pop();
    else {
      const look = ['class', 'role', 'data-kind', 'data-verb'].reduce(
        (all, name) => `${all}.${of(attributes, name)}`,
        tag,
      );
      looks.add(`${above.at(-1)}>${look}`);
      if (!empty.has(tag)) above.push(look);
    }
  }
  return looks;
}

/** A few pages that have between them every look that there is. */
export function pagesOfAllLooks(pages: Map<string, string>): string[] {
  const looks = new Map([...pages].map(([name, html]) => [name, looksOf(html)]));
  const left = new Set([...looks.values()].flatMap((one) => [...one]));
  const chosen: string[] = [];
  while (left.size > 0) {
    const gain = ([, own]: [string, Set<string>]) => [...own].filter((look) => left.has(look)).length;
    const [best] = [...looks].map((one) => ({ one, gain: gain(one) })).sort((one, other) => other.gain - one.gain);
    if (!best) break;
    chosen.push(best.one[0]);
    for (const look of best.one[1]) left.delete(look);
  }
  return chosen;
}

/** What is wrong in the html of a page whatever it looks like: ids that stand twice, names that are empty, fields without a label. */
export function faultsIn(html: string): string[] {
  const ids = [...html.matchAll(/\bid="([^"]+)"/g)].map(([, id = '']) => id);
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `the id ${id} stands twice`);
  const named = new Set([...html.matchAll(/<label for="([^"]+)"/g)].map(([, id]) => id));
  const fields = [...html.matchAll(/<(?:input|select|textarea)\b[^>]*?\bid="([^"]+)"/g)].map(([, id = '']) => id);
  const silent = fields.filter((id) => !named.has(id)).map((id) => `the field ${id} has no label`);
  const hollow = [...html.matchAll(/<(h\d|th|a|button|summary|dt)\b(?![^>]*aria-label)[^>]*>\s*<\/\1>/g)].map(
    ([all]) => `nothing is in ${all}`,
  );
  return [...twice, ...silent, ...hollow];
}
