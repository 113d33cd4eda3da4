import { textOf } from './answers.js';
import { examplesOf } from './contracts.js';
import { credentialsOf, isSendable, lookOf, placeOf, variableOf } from './credentials.js';
import { code } from './descriptions.js';
import { html, raw } from './html.js';
import { fieldsOf, limitsOf, typeOf } from './schema_words.js';

/** Headers that a browser sets by itself and lets no page set (fetch's forbidden request-headers). */
const forbidden =
  /^(accept-charset|accept-encoding|connection|content-length|cookie2?|date|expect|host|keep-alive|origin|referer|te|trailer|transfer-encoding|upgrade|via|proxy-.*|sec-.*)$/i;

/** JSON where there is a choice; then forms with files. */
const order = [/json$/, /^multipart\//, /urlencoded$/, /ndjson$/, /./];
const kindOf = (media) =>
  ['json', 'form', 'fields', 'lines', 'bytes'][/ndjson$/.test(media) ? 3 : order.findIndex((form) => form.test(media))];

/**
 * The form that sends an operation to this server, by browser/try.ts. Without JavaScript it says that it needs some.
 * @param {{ name?: string, signIn?: 'folded' | 'first' | 'none' }} [about] what its ids begin with, where a page has several; where one signs in
 */
export function tryForm(contract, operation, { name = 'try', signIn = 'folded' } = {}) {
  const form = formOf(contract, operation, signIn);
  return raw(String(form).replaceAll(/ (id|for)="try-/g, ` $1="${name}-`));
}

function formOf(contract, operation, signIn) {
  const { verb, path, params, body, answers } = operation;
  const [media] = Object.keys(body?.content ?? {}).sort((one, other) => rank(one) - rank(other));
  const answered = answers.find(({ status }) => status.startsWith('2'));
  const accept = Object.keys(answered?.content ?? {})[0] ?? 'application/json';
  return html`<p class="try-off">Trying needs JavaScript, and these pages on the server that is asked.</p><form class="try" data-verb="${verb}" data-path="${path}" data-media="${media}" data-kind="${media && kindOf(media)}" data-accept="${accept}" novalidate hidden>${warning(operation)}${signIn === 'first' && signInFirst}${credentials(operation, signIn)}${places(
    contract,
    params,
  )}${media && bodyFields(contract, media, body.content[media])}<p class="try-act"><button type="submit" class="primary">Send</button><button type="button" data-stop hidden>Stop</button></p><p role="alert" data-wrong></p><details class="try-curl" open><summary>The request as curl</summary><div class="code"><pre tabindex="0"><code data-curl></code></pre></div></details><div data-answer hidden><p role="status" data-status></p><details><summary>Headers of the answer</summary><div class="code"><pre tabindex="0"><code data-headers></code></pre></div></details><div class="code"><pre tabindex="0"><code data-body></code></pre></div><p data-after></p></div></form>`;
}

const rank = (media) => ['json', 'form', 'fields', 'lines', 'bytes'].indexOf(kindOf(media));

/** What only reads says so by its method or its scope. */
const isReading = ({ verb, scope, id }) =>
  verb === 'GET' || /:(read|verify)$/.test(scope) || /^(inspect|verify|validate)/.test(id);

function warning(operation) {
  if (isReading(operation)) return '';
  const { verb } = operation;
  if (verb !== 'DELETE') return html`<p class="notice">This changes data on this server.</p>`;
  return html`<p class="notice">This deletes or ends something on this server.</p><p class="try-sure"><input type="checkbox" id="try-sure" data-sure><label for="try-sure">Yes, do it</label></p>`;
}

const wayOf = (alternative) => alternative.map(({ id }) => id).join(' ');

function credentials(operation, signIn) {
  const { open, alternatives } = credentialsOf(operation);
  if (alternatives.length === 0) return '';
  const ways = alternatives.filter(isSendable);
  const schemes = [...new Map(ways.flat().map((scheme) => [scheme.id, scheme])).values()];
  const cookies = [
    ...new Set(
      alternatives
        .flat()
        .filter(({ in: place }) => place === 'cookie')
        .map(lookOf),
    ),
  ];
  return html`<fieldset><legend>Credential</legend>${
    ways.length + (open ? 1 : 0) > 1 &&
    html`<p><label for="try-way">Sent as</label><select id="try-way" data-way>${ways.map(
      (way) => html`<option value="${wayOf(way)}">${way.map(lookOf).join(' and ')}</option>`,
    )}${open && html`<option value="">nothing</option>`}</select></p>`
  }${schemes.map(schemeField)}<p class="about">It stays in this page's memory: it is not stored, and goes to this server alone.${cookies.length > 0 && signIn === 'folded' && html` A browser lets no page set a cookie: ${cookies.map((look, at) => html`${at > 0 && ', '}${code(look)}`)} ${cookies.length > 1 ? 'are' : 'is'} for curl and programs.`}</p>${signIn === 'folded' && schemes.some(takesSession) && signInFolded}</fieldset>`;
}

function schemeField(scheme) {
  const { where, name, before } = placeOf(scheme);
  return html`<p data-scheme="${scheme.id}"><label for="try-scheme-${scheme.id}">${lookOf(scheme)}</label><input type="password" id="try-scheme-${scheme.id}" data-where="${where}" data-name="${name}" data-before="${before}" data-variable="${variableOf(scheme)}" autocomplete="off" spellcheck="false"></p>`;
}

/** Mage has tokens of its own. */
const takesSession = ({ id, type }) => type === 'http' && id !== 'oauthToken';

const signInFields = html`<p><label for="try-user">E-mail or username</label><input id="try-user" data-user autocomplete="off" spellcheck="false"></p><p><label for="try-password">Password</label><input type="password" id="try-password" data-password autocomplete="off"></p><p><button type="button" data-sign-in>Sign in</button> <span role="status" data-signed-in></span></p>`;

const signInFolded = html`<details class="try-sign-in"><summary>No key at hand? Sign in</summary>${signInFields}</details>`;
const signInFirst = html`<fieldset><legend>Sign in</legend>${signInFields}</fieldset>`;

const titles = { path: 'In the path', query: 'In the query', header: 'Headers' };

const places = (contract, params) =>
  Object.entries(titles).map(([place, title]) => {
    const own = params.filter((param) => param.in === place);
    if (own.length === 0) return '';
    const fields = own.map((param) => parameter(contract, param));
    // Few send a header that need not be sent.
    if (place === 'header' && !own.some(({ required }) => required))
      return html`<details class="try-more"><summary>${title}</summary>${fields}</details>`;
    return html`<fieldset><legend>${title}</legend>${fields}</fieldset>`;
  });

function parameter(contract, param) {
  const { name, in: place, required, schema, example } = param;
  const id = `try-${place}-${name.replaceAll(/\W/g, '-')}`;
  if (place === 'header' && forbidden.test(name))
    return html`<p>A browser lets no page set the header ${code(name)}: try it with curl.</p>`;
  const { values } = limitsOf(contract, schema);
  const isRepeated = [schema.type].flat().includes('array') && param.explode !== false;
  const data = html`id="${id}" data-in="${place}" data-name="${name}"${isRepeated && html` data-repeated`}${required && html` aria-required="true"`}`;
  const field =
    values && !isRepeated
      ? html`<select ${data}><option value=""></option>${values.map((value) => html`<option>${value}</option>`)}</select>`
      : html`<input ${data} placeholder="${example === undefined ? '' : textOf(example)}" autocomplete="off" spellcheck="false">`;
  return html`<p><label for="${id}">${name}${required && ' (required)'}</label>${field}${isRepeated && html`<span class="about">Several: with commas between them.</span>`}</p>`;
}

function bodyFields(contract, media, about) {
  const examples = examplesOf(contract, about);
  const kind = kindOf(media);
  if (kind === 'form' || kind === 'fields')
    return html`<fieldset><legend>Body</legend>${formFields(contract, about, examples[0]?.value ?? {})}</fieldset>`;
  if (kind === 'bytes')
    return html`<fieldset><legend>Body</legend><p><label for="try-body">A file</label><input type="file" id="try-body" data-bytes></p></fieldset>`;
  const texts = examples.map(({ value }) =>
    kind === 'lines'
      ? [value]
          .flat()
          .map((line) => JSON.stringify(line))
          .join('\n')
      : textOf(value),
  );
  // One without a credential in it first: that stands above.
  const first = Math.max(
    0,
    examples.findIndex(({ value }) => value?.api_key === undefined),
  );
  return html`<fieldset><legend>Body</legend>${
    examples.length > 1 &&
    html`<p><label for="try-example">Example</label><select id="try-example" data-example>${examples.map(
      ({ summary }, at) => html`<option value="${texts[at]}"${at === first && html` selected`}>${summary}</option>`,
    )}</select></p>`
  }<p><label for="try-body">${media}</label><textarea id="try-body" data-text rows="${Math.min(18, (texts[first] ?? '').split('\n').length + 1)}" spellcheck="false">${`\n${texts[first] ?? ''}`}</textarea></p></fieldset>`;
}

const formFields = (contract, { schema }, example) =>
  fieldsOf(contract, schema ?? {}).map(({ name, required, schema: own }) => {
    const isFile = /^(list of )?files?\b/.test(typeOf(contract, own));
    const id = `try-field-${name.replaceAll(/\W/g, '-')}`;
    const value = example[name] === undefined ? '' : textOf(example[name]);
    return html`<p><label for="${id}">${name}${required && ' (required)'}</label>${isFile ? html`<input type="file" id="${id}" data-field="${name}">` : html`<input id="${id}" data-field="${name}" value="${value}" autocomplete="off" spellcheck="false">`}</p>`;
  });
