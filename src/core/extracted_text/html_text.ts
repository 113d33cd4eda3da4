import { Parser } from 'htmlparser2';
import { decoded } from './decoded_text.ts';
import { type Emit, inOneLine, plain } from './pieces.ts';

/** What is not shown, or is no text. */
const silent = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'svg',
  'math',
  'iframe',
  'object',
  'select',
  'textarea',
]);
/** What stands within a line. */
const inline = new Set(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q rp rt ruby s samp small span strike strong sub sup time tt u var wbr'.split(
    ' ',
  ),
);

/** The text of a page: its title and headings, what is in a block of its own, tables row by row. */
export function readHtml(bytes: Buffer, emit: Emit): void {
  const said = /<meta[^>]{1,200}charset\s*=\s*["']?([\w-]+)/i.exec(bytes.subarray(0, 4096).toString('latin1'))?.[1];
  let [text, quiet, quoted, heading, isTitle] = ['', 0, 0, 0, false];
  const end = () => {
    const whole = quoted > 0 ? plain(text).trimEnd() : inOneLine(text);
    text = '';
    if (whole.trim() === '') return;
    emit(heading > 0 ? { kind: 'heading', text: inOneLine(whole), level: heading } : { kind: 'text', text: whole });
  };
  const parser = new Parser({
    onopentag(name, { hidden }) {
      if (quiet > 0 || silent.has(name) || hidden !== undefined) quiet += isVoid(name) ? 0 : 1;
      if (quiet > 0 || inline.has(name)) return;
      if (name === 'br') text += quoted > 0 ? '\n' : ' ';
      else if (name === 'td' || name === 'th') text += text.trim() === '' ? '' : ' | ';
      else end();
      if (name === 'pre') quoted += 1;
      if (name === 'title') isTitle = true;
      heading = isTitle ? 1 : Number(/^h([1-6])$/.exec(name)?.[1] ?? heading);
    },
    ontext(piece) {
      if (quiet === 0) text += piece;
    },
    onclosetag(name) {
      if (quiet > 0) quiet -= isVoid(name) ? 0 : 1;
      else if (!inline.has(name) && !['br', 'td', 'th'].includes(name)) {
        end();
        if (name === 'pre') quoted -= 1;
        if (name === 'title') isTitle = false;
        if (name === 'title' || /^h[1-6]$/.test(name)) heading = 0;
      }
    },
  });
  parser.write(decoded(bytes, said));
  parser.end();
  end();
}

function isVoid(name: string): boolean {
  return [
    'area',
    'base',
    'br',
    'col',
    'embed',
    'hr',
    'img',
    'input',
    'link',
    'meta',
    'source',
    'track',
    'wbr',
  ].includes(name);
}
