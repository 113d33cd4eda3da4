import { code, inline } from './descriptions.js';
import { html } from './html.js';

/** What a browser lets no page send. */
const isForbidden = ({ in: place }) => place === 'cookie';

const burdens = { cookie: 4, query: 2 };
const burden = (alternative) => alternative.reduce((sum, scheme) => sum + 1 + (burdens[scheme.in] ?? 0), 0);

/** The alternatives that open an operation, the plainest first. Whether it opens without any is `open`. */
export function credentialsOf({ security }) {
  const named = security.filter((alternative) => alternative.length > 0);
  return {
    open: named.length < security.length || security.length === 0,
    alternatives: [...named].sort((one, other) => burden(one) - burden(other)),
  };
}

/** Where a credential stands: what is written before it, and what it is called in the samples. */
export function placeOf(scheme) {
  const { type, in: where, name } = scheme;
  if (type === 'http') return { where: 'header', name: 'Authorization', before: 'Bearer ' };
  return { where, name, before: name === 'Authorization' ? 'Api-Key ' : '' };
}

/** The credential of a scheme as the samples name it. */
export const variableOf = ({ id, name }) =>
  /^apikey(Query)?$/.test(id) ? 'LATCHKEY_APPLICATION_KEY' : name === 'signature' ? 'SIGNATURE' : 'LATCHKEY_API_KEY';

/** A credential as it is sent, with dots in its place. */
export function lookOf(scheme) {
  const { where, name, before } = placeOf(scheme);
  if (where === 'query') return `?${name}=…`;
  if (where === 'cookie') return `Cookie: ${name}=…`;
  return `${name}: ${before}…`;
}

/** Whether a page in a browser can send all of these. */
export const isSendable = (alternative) => !alternative.some(isForbidden);

/** What an operation needs: the recommended credential, the others folded, and the scope. */
export function needs(operation, linkTo) {
  const { open, alternatives } = credentialsOf(operation);
  const [first, ...others] = alternatives;
  return html`${first ? html`<p>${open ? 'No credential is needed; with one, it is ' : 'Send '}${looks(first)}.</p>${abouts(first)}` : html`<p>No credential is needed.</p>`}${first && scopeOf(operation, linkTo)}${
    others.length > 0 &&
    html`<details><summary>${others.length === 1 ? 'Another way' : `${others.length} other ways`} to show who you are</summary><ul>${others.map((one) => html`<li>${looks(one)}${abouts(one)}</li>`)}</ul></details>`
  }`;
}

const looks = (alternative) => alternative.map((scheme, at) => html`${at > 0 && ' and '}${code(lookOf(scheme))}`);
const abouts = (alternative) =>
  alternative.map(({ description }) => description && html`<p class="about">${inline(description)}</p>`);

function scopeOf({ scope }, linkTo) {
  if (scope === 'any') return html`<p>Any key may, whatever its scopes are.</p>`;
  if (scope === 'session') return html`<p>It needs a session: an API key is refused. ${linkTo.sessions}</p>`;
  return html`<p>A key needs the scope ${code(scope)}. ${linkTo.scopes}</p>`;
}
