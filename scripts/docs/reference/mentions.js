import { plain } from '../text.js';
import { callIn, callOf } from './calls.js';

const code = /<code[^>]*>([\s\S]*?)<\/code>/g;
/** What is a link already, and blocks of code. */
const left = /(<a\b[\s\S]*?<\/a>|<pre\b[\s\S]*?<\/pre>)/;

/** The operations of all contracts, by what `callIn` makes of them. */
export const callsOf = (surfaces) =>
  new Map(
    surfaces.flatMap(({ resources }) =>
      resources.flatMap(({ operations }) => operations.filter(({ verb }) => verb).map((one) => [callOf(one), one])),
    ),
  );

/** A page whose mentions of calls, `GET /v1/keys` in code, lead to their operations. */
export function withCallsLinked(page, calls) {
  const linked = (part) =>
    part.replace(code, (all, text) => {
      const operation = calls.get(callIn(plain(text)));
      return operation ? `<a href="docs:${operation.address}">${all}</a>` : all;
    });
  const html = page.html
    .split(left)
    .map((part, at) => (at % 2 === 0 ? linked(part) : part))
    .join('');
  return { ...page, html };
}

/** The guides that name a call, by what `callIn` makes of it: not the changelog, and not what was decided once. */
export function mentionsIn(guides) {
  const found = new Map();
  for (const guide of guides.filter(
    ({ address, hidden }) => !hidden && !/^(changelog$|decisions\/|reference\/)/.test(address),
  ))
    for (const [, text] of guide.html.matchAll(code)) {
      const call = callIn(plain(text));
      if (call) found.set(call, new Set([...(found.get(call) ?? []), guide]));
    }
  return found;
}
