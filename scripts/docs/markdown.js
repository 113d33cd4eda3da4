import MarkdownIt from 'markdown-it';
import { codeBlock } from './code.js';
import { roomsTable } from './rooms_table.js';
import { escaped, plain, slugOf } from './text.js';

/**
 * Markdown as the pages of the site have it.
 * @param {string} text
 * @param {(href: string) => string} [linkTo] where a link or picture leads, or a throw where there is nothing; without it as it stands
 * @returns {{ html: string, headings: import('./page.d.ts').Heading[] }} headings without the first, which is the title
 */
export function rendered(text, linkTo = (href) => href) {
  const headings = [];
  const html = markdown.render(text, { linkTo, headings, ids: new Set() });
  return { html, headings: headings.filter(({ level }) => level === 2 || level === 3) };
}

/** One line of Markdown, without a paragraph around it. */
export const renderedInline = (text, linkTo = (href) => href) =>
  markdown.renderInline(text, { linkTo, headings: [], ids: new Set() });

const markdown = new MarkdownIt({ html: true, linkify: false });
const { rules } = markdown.renderer;

// Comments tell tests what to run; other html has no place in a source.
rules.html_block = rules.html_inline = (tokens, at) => {
  if (/^\s*<!--[\s\S]*-->\s*$/.test(tokens[at].content)) return '';
  throw new Error(`Markdown with html in it: ${tokens[at].content.trim()}`);
};

rules.fence = (tokens, at) => {
  const language = tokens[at].info.trim().split(' ')[0];
  return language === 'mermaid' ? roomsTable(tokens[at].content) : codeBlock(tokens[at].content, language);
};
rules.code_block = (tokens, at) => codeBlock(tokens[at].content);

rules.heading_open = (tokens, at, _options, env) => {
  const { tag } = tokens[at];
  const text = tokens[at + 1].children.map(({ content }) => content).join('');
  const slug = slugOf(text);
  let id = slug;
  for (let n = 1; env.ids.has(id); n += 1) id = `${slug}-${n}`;
  env.ids.add(id);
  env.headings.push({ id, text, level: Number(tag[1]) });
  return tag === 'h1' ? '<h1>' : `<${tag} id="${id}">`;
};
rules.heading_close = (tokens, at, _options, env) => {
  const { tag } = tokens[at];
  const { id, text } = env.headings.at(-1);
  // Last in the heading, so that it is read after the words.
  const anchor = `<a class="anchor" href="#${id}" aria-label="Link to “${escaped(text)}”">#</a>`;
  return tag === 'h1' ? '</h1>\n' : ` ${anchor}</${tag}>\n`;
};

rules.link_open = (tokens, at, options, env, self) => {
  tokens[at].attrSet('href', env.linkTo(tokens[at].attrGet('href')));
  return self.renderToken(tokens, at, options);
};
const picture = rules.image;
rules.image = (tokens, at, options, env, self) => {
  tokens[at].attrSet('src', env.linkTo(tokens[at].attrGet('src')));
  tokens[at].attrSet('loading', 'lazy');
  return picture(tokens, at, options, env, self);
};

// A long list or address without a space breaks after what separates, not within a word, and not past the edge.
rules.text = (tokens, at) =>
  tokens[at].content
    .split(/(\S{30,})/)
    .map((part) => (/^\S{30,}$/.test(part) ? breaking(part, /(?<=[,/?@:])(?=.)/) : escaped(part)))
    .join('');

// A table may be wider than the page: it moves in a box of its own. On a phone a row is a card, and each cell says what it is.
rules.table_open = (tokens, at, _options, env) => {
  const heads = tokens.slice(
    at,
    tokens.findIndex(({ type }, n) => n > at && type === 'thead_close'),
  );
  env.columns = heads.flatMap(({ type }, n) => (type === 'th_open' ? [heads[n + 1].content] : []));
  return '<div class="table" tabindex="0"><table>\n';
};
rules.table_close = () => '</table></div>\n';
rules.tr_open = (_tokens, _at, _options, env) => {
  env.column = 0;
  return '<tr>';
};
// A corner without words is no heading.
const headTag = (tokens, inline) => (tokens[inline].content === '' ? 'td' : 'th');
rules.th_open = (tokens, at) => `<${headTag(tokens, at + 1)}${sideOf(tokens[at])}>`;
rules.th_close = (tokens, at) => `</${headTag(tokens, at - 1)}>`;
rules.td_open = (tokens, at, _options, env) => {
  const name = env.columns[env.column++] ?? '';
  const label = name && ` data-label="${escaped(name.replaceAll('`', ''))}"`;
  return `<td${label}${sideOf(tokens[at])}>`;
};
/** Numbers stand at the right, by a class: no page has a style within. */
const sideOf = (token) => (/right/.test(token.attrGet('style') ?? '') ? ' class="right"' : '');

/** Code is never broken within a word: short code not at all, long code at spaces and after what separates. */
rules.code_inline = (tokens, at) => inlineCode(tokens[at].content);

/** @param {string} text */
export function inlineCode(text) {
  if (text.length <= 24 || (text.length <= 40 && !/\s/.test(text)))
    return `<code class="whole">${escaped(text)}</code>`;
  return `<code>${breaking(text, /(?<=[/?&,;|]|\]\.)(?=[^\s"'\d])/)}</code>`;
}

/** A text with places where it may be broken. */
const breaking = (text, where) => text.split(where).map(escaped).join('<wbr>');

/** The first paragraph below the title, as plain text, at most so long; for lists and search. */
export function summaryOf(html, most = 180) {
  const text = plain(/<p>([\s\S]*?)<\/p>/.exec(html)?.[1] ?? '').replace(/ ([.,;:])/g, '$1');
  if (text.length <= most) return text;
  const sentence = text.slice(0, most + 1).match(/^.*[.!?](?= )/)?.[0];
  return sentence ?? `${text.slice(0, most).replace(/\s+\S*$/, '')} …`;
}
