import { examplesOf } from './contracts.js';
import { block, blocks, code, inline } from './descriptions.js';
import { fieldList } from './fields.js';
import { html } from './html.js';

const reasons = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No content',
  304: 'Not modified',
  400: 'Bad request',
  401: 'Unauthorized',
  402: 'Payment required',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition failed',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  428: 'Precondition required',
  429: 'Too many requests',
  500: 'Internal server error',
  503: 'Service unavailable',
  '4XX': 'Any other refusal',
  '5XX': 'A fault of the server',
};

/** A status with its name: `404 Not found`. */
export const statusOf = (status) => `${status} ${reasons[status] ?? ''}`.trim();

export const isRefusal = ({ status }) => /^[45]/.test(status);

/** A value as its media type has it: JSON in lines, or text. */
export const textOf = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

/** The example of success that stands beside the samples: the first that there is. */
export function shownAnswer(contract, { answers }) {
  for (const { status, content = {} } of answers.filter((one) => !isRefusal(one)))
    for (const [media, body] of Object.entries(content)) {
      const [example] = examplesOf(contract, body);
      if (example) return { status, media, example };
    }
  return undefined;
}

/** It, as it stands there. */
export const besideAnswer = ({ status, example: { value } }) =>
  html`<div class="answered"><h3 id="answered">Answer <span class="values">${statusOf(status)}</span></h3>${block(textOf(value), typeof value === 'string' ? '' : 'json')}</div>`;

/**
 * An answer that is no refusal: what it says, its headers, its fields and its examples.
 * @param shown the example that is seen elsewhere, as `shownAnswer` found it
 */
export function success(contract, answer, shown) {
  const { status, description, headers = {}, content = {} } = answer;
  return html`<h3 id="answer-${status}">${statusOf(status)}</h3>${blocks(description)}${headerList(headers, contract)}${Object.entries(
    content,
  ).map(([media, body]) => {
    const isShown = shown?.status === status && shown.media === media;
    const fields = fieldList(contract, body.schema ?? {});
    return html`<p class="values">${media === '*/*' ? 'The bytes, of whatever type they are.' : html`As ${code(media)}`}</p>${examples(contract, body, isShown ? 1 : 0)}${isShown ? fields : folded('What is in it', fields)}`;
  })}`;
}

/** An answer that refuses: folded, as most readers look for one of them. */
export function refusal(contract, answer) {
  const { status, description, headers = {}, content = {} } = answer;
  return html`<details class="refusal" id="answer-${status}"><summary><strong>${statusOf(status)}</strong> ${inline(description)}</summary>${headerList(headers, contract)}${Object.entries(
    content,
  ).map(([media, body]) => html`<p class="values">As ${code(media)}</p>${examples(contract, body)}`)}</details>`;
}

const examples = (contract, body, from = 0) =>
  examplesOf(contract, body)
    .slice(from)
    .map(
      ({ name, summary, value }) =>
        html`${name !== 'example' && html`<p class="example">${summary}</p>`}${block(textOf(value), typeof value === 'string' ? '' : 'json')}`,
    );

const folded = (title, inside) => inside !== '' && html`<details><summary>${title}</summary>${inside}</details>`;

function headerList(headers, contract) {
  const all = Object.entries(headers).map(([name, node]) => ({
    name,
    ...(node.$ref ? followed(contract, node) : node),
  }));
  if (all.length === 0) return '';
  return folded(
    'Headers',
    html`<dl class="fields">${all.map(({ name, description, example }) => html`<div><dt>${code(name)}</dt><dd>${blocks(description ?? '')}${example !== undefined && html`<p class="values">Example: ${code(example)}</p>`}</dd></div>`)}</dl>`,
  );
}

const followed = (contract, { $ref }) => contract.components.headers[$ref.split('/').at(-1)];
