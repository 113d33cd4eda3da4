import { codeBlock } from '../code.js';
import { inlineCode, rendered, renderedInline } from '../markdown.js';
import { raw } from './html.js';

/** Most of what a page says of errors stands on hundreds of pages: it is made once. */
const once = (make) => {
  const made = new Map();
  return (...given) => {
    const key = given.join('\0');
    if (!made.has(key)) made.set(key, raw(make(...given)));
    return made.get(key);
  };
};

/** A description of the contract as blocks of html. */
export const blocks = once((text = '') => rendered(text).html);

/** A description of one line. */
export const inline = once((text = '') => renderedInline(text));

/** A value as code: a text as it is, anything else as JSON. */
export const code = (value) => raw(inlineCode(typeof value === 'string' ? value : JSON.stringify(value)));

/** A block of code. */
export const block = once((text, language = '') => codeBlock(text, language));
