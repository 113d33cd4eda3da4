import { escaped } from '../text.js';

class Html {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

/** HTML that was made elsewhere, taken as it is. */
export const raw = (text) => new Html(text);

const written = (value) => {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(written).join('');
  return value === undefined || value === null || value === false ? '' : escaped(value);
};

/** A template of HTML: what is put into it is escaped, unless it came from here. */
export const html = (parts, ...values) =>
  new Html(parts.map((part, at) => part + (at < values.length ? written(values[at]) : '')).join(''));
