import { plain } from '../text.js';
import { besideAnswer, isRefusal, refusal, shownAnswer, success, textOf } from './answers.js';
import { operationMarkdown } from './as_markdown.js';
import { callOf } from './calls.js';
import { badge, changeList } from './changes.js';
import { examplesOf } from './contracts.js';
import { costOf } from './cost.js';
import { needs } from './credentials.js';
import { block, blocks, code, inline } from './descriptions.js';
import { fieldList, parameterList } from './fields.js';
import { html } from './html.js';
import { sampleTabs } from './samples.js';
import { tryForm } from './try_form.js';

const places = { path: 'In the path', query: 'In the query', header: 'Headers' };

/** The page of an operation, or of an event that is sent to others. */
export function operationPage(about) {
  const { surface, resource, operation, samples, changes } = about;
  const { contract } = surface;
  const shown = samples && shownAnswer(contract, operation);
  const parts = [
    operation.verb && { id: 'needs', title: 'What it needs', inside: needs(operation, links) },
    { id: 'parameters', title: 'Parameters', inside: parameters(contract, operation) },
    { id: 'body', title: operation.event ? 'What is sent' : 'Body', inside: body(contract, operation) },
    operation.verb && { id: 'try', title: 'Try it', inside: tryForm(contract, operation) },
    {
      id: 'answer',
      title: operation.event ? 'What you answer' : 'Answer',
      inside: operation.answers.filter((one) => !isRefusal(one)).map((one) => success(contract, one, shown)),
    },
    {
      id: 'errors',
      title: operation.event ? 'What else you may answer' : 'Errors',
      inside: operation.answers.filter(isRefusal).map((one) => refusal(contract, one)),
    },
    operation.verb && { id: 'limits', title: 'Limits and cost', inside: html`<p>${inline(costOf(operation))}</p>` },
    { id: 'changes', title: `Changes since ${changes.version}`, inside: changeList(operation, changes) },
    { id: 'guides', title: 'In the guides', inside: guides(about) },
  ].filter((part) => part && String(part.inside ?? '') !== '' && (part.inside?.length ?? 1) > 0);
  const beside = samples && { id: 'samples', title: 'Samples' };
  return {
    address: operation.address,
    title: operation.summary,
    summary: firstSentence(operation.description) || operation.summary,
    section: ['Reference', surface.title, resource.title],
    html: String(
      html`<div class="about-it"><h1>${operation.summary}</h1>${called(operation, html`${badge(operation, changes)}${operation.verb && html`<a class="to-try" href="#try">Try it</a>`}`)}${operation.deprecated && html`<p class="notice">This operation goes away.</p>`}<div class="lead">${blocks(operation.description)}</div></div>${beside && html`<section class="beside" aria-labelledby="samples"><h2 id="samples">${beside.title}</h2>${sampleTabs(samples)}${shown && besideAnswer(shown)}</section>`}<div class="terms">${parts.map(
        ({ id, title, inside }) =>
          html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${inside}</section>`,
      )}</div>`,
    ),
    markdown: operationMarkdown(about),
    headings: [beside, ...parts].filter(Boolean).map(({ id, title }) => ({ id, text: title, level: 2 })),
    hasBeside: Boolean(beside),
  };
}

const links = {
  scopes: html`<a href="docs:guides/scopes">Scopes</a>`,
  sessions: html`<a href="docs:guides/sessions">Sessions</a>`,
};

/** The first sentence of a description, in plain text. */
export function firstSentence(description) {
  const text = plain(String(blocks(description)).replaceAll(/<pre[\s\S]*?<\/pre>/g, ''));
  return /^.*?[.:!?](?= [A-Z]|$)/.exec(text)?.[0] ?? text;
}

/** The line that says how an operation is called, and what is new about it. */
export const called = ({ verb, path, event }, badge = '') =>
  html`<p class="call">${verb ? html`<span class="verb" data-verb="${verb}">${verb}</span> ${code(path)}` : html`<span class="verb">EVENT</span> ${code(event)}`}${badge}</p>`;

const parameters = (contract, { params }) =>
  Object.entries(places)
    .map(([place, title]) => {
      const own = params.filter((param) => param.in === place);
      return own.length > 0 && html`<h3 id="parameters-${place}">${title}</h3>${parameterList(contract, own)}`;
    })
    .filter(Boolean);

function body(contract, { body: said }) {
  if (!said) return '';
  return html`${blocks(said.description)}${said.required !== true && html`<p class="values">It may be left out.</p>`}${Object.entries(
    said.content,
  ).map(
    ([media, about]) =>
      html`<p class="values">As ${code(media)}</p>${fieldList(contract, about.schema ?? {})}${examplesOf(
        contract,
        about,
      ).map(
        ({ name, summary, value }) =>
          html`${name !== 'example' && html`<p class="example">${summary}</p>`}${block(textOf(value), 'json')}`,
      )}`,
  )}`;
}

function guides({ operation, mentions }) {
  const all = operation.verb ? [...(mentions.get(callOf(operation)) ?? [])] : [];
  if (all.length === 0) return '';
  return html`<ul>${all.map(({ address, title }) => html`<li><a href="docs:${address}">${title}</a></li>`)}</ul>`;
}
