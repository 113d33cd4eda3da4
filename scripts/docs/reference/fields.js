import { blocks, code, inline } from './descriptions.js';
import { html } from './html.js';
import { choicesOf, fieldsOf, insideOf, limitsOf, typeOf } from './schema_words.js';

/** Deeper than this a reader opens nothing any more. */
const deepest = 6;

/** What stands beside a name: its type in words, whether it must be there, and what it is held to. */
export function termsOf(contract, schema, { required, deprecated }) {
  const { phrases } = limitsOf(contract, schema);
  const type = typeOf(contract, schema);
  return html`${type && html`<span class="type">${type}</span>`}${required && html`<span class="required">required</span>`}${deprecated && html`<span class="note">deprecated</span>`}${phrases.map((phrase) => html`<span class="limit">${phrase}</span>`)}`;
}

/** What a value may be, where that is code: its values, its pattern, what it is if nothing is said, an example. */
export function valuesOf(contract, schema, example) {
  const { values, pattern, default: usual } = limitsOf(contract, schema);
  const shown = example ?? schema.examples?.[0] ?? schema.example;
  return html`${values && html`<p class="values">One of ${spread(values.filter((value) => value !== null).map(code))}</p>`}${pattern && html`<p class="values">Matches ${code(pattern)}</p>`}${usual !== undefined && html`<p class="values">If nothing is said: ${code(usual)}</p>`}${shown !== undefined && html`<p class="values">Example: ${code(shown)}</p>`}`;
}

const spread = (parts) => parts.map((part, at) => html`${at > 0 && ', '}${part}`);

/** The parameters of an operation in one place. */
export const parameterList = (contract, params) =>
  html`<dl class="fields">${params.map(
    (param) =>
      html`<div id="${param.in}-${param.name.replaceAll(/\W/g, '-')}"><dt>${code(param.name)}${termsOf(contract, param.schema, param)}</dt><dd>${blocks(param.description)}${beyond(param)}${valuesOf(contract, param.schema, param.example)}</dd></div>`,
  )}</dl>`;

const beyond = (node) =>
  node['x-beyond-schema'] && html`<p class="values">${inline(String(node['x-beyond-schema']))}</p>`;

/**
 * The fields of a schema; what is in them is folded. A schema that stands inside itself is named, and not opened again.
 * @param {string[]} above the references on the way here
 */
export function fieldList(contract, node, above = []) {
  const { schema, ref } = insideOf(contract, node);
  const way = ref ? [...above, ref] : above;
  const choices = choicesOf(contract, schema);
  if (choices.length > 0) return alternatives(contract, choices, way);
  const fields = fieldsOf(contract, schema);
  if (fields.length === 0) return '';
  return html`<dl class="fields">${fields.map((field) => fieldOf(contract, field, way))}</dl>`;
}

function fieldOf(contract, { name, required, schema, description }, above) {
  const inside = isClosed(contract, schema, above) ? '' : fieldList(contract, schema, above);
  return html`<div><dt>${code(name)}${termsOf(contract, schema, { required, deprecated: false })}</dt><dd>${blocks(description)}${beyond(schema)}${valuesOf(contract, schema)}${inside && html`<details><summary>What is in ${code(name)}</summary>${inside}</details>`}</dd></div>`;
}

/** Whether there is nothing to open, or it is open already. */
function isClosed(contract, node, above) {
  const { ref } = insideOf(contract, node);
  return above.length >= deepest || (ref !== undefined && above.includes(ref));
}

function alternatives(contract, choices, above) {
  const opened = choices
    .map(({ schema, title }) => ({
      title,
      inside: isClosed(contract, schema, above) ? '' : fieldList(contract, schema, above),
    }))
    .filter(({ inside }) => inside !== '');
  if (opened.length === 1) return opened[0].inside;
  return opened.map(({ title, inside }) => html`<details><summary>${title}</summary>${inside}</details>`);
}
