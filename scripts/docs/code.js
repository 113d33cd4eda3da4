import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import http from 'highlight.js/lib/languages/http';
import ini from 'highlight.js/lib/languages/ini';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import nginx from 'highlight.js/lib/languages/nginx';
import python from 'highlight.js/lib/languages/python';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import yaml from 'highlight.js/lib/languages/yaml';
import { escaped } from './text.js';

const languages = { bash, diff, go, http, ini, javascript, json, nginx, python, sql, typescript, yaml };
for (const [name, grammar] of Object.entries(languages)) hljs.registerLanguage(name, grammar);

/** The languages by every name that a fence may give them. */
const byName = new Map(
  Object.entries(languages).flatMap(([name, grammar]) =>
    [name, ...(grammar(hljs).aliases ?? [])].map((one) => [one, name]),
  ),
);

/**
 * A block of code as html, coloured when it is built: no script does it in the browser.
 * @param {string} text
 * @param {string} [language] as a fence names it: `sh`, `ts`, `json` …; without one it is what a program printed
 */
export function codeBlock(text, language = '') {
  const name = byName.get(language);
  const body = text.replace(/\n$/, '');
  const coloured = name ? hljs.highlight(body, { language: name }).value : escaped(body);
  // A block may be wider than the page: then the keyboard can move it.
  return `<div class="code"><pre tabindex="0"><code>${coloured}</code></pre></div>`;
}
