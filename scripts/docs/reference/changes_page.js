import { inline } from './descriptions.js';
import { html } from './html.js';
import { called } from './operation_page.js';

const kinds = { removed: 'Removed', deprecated: 'Deprecated', changed: 'Changed', added: 'New' };

/** The page of all that has changed since the last version: what may break a caller first. */
export function changesPage({ version, surfaces }) {
  const summary = `What callers find changed since ${version}: operations that are new, changed, deprecated or gone, by API.`;
  const parts = surfaces
    .map((one) => ({ ...one, said: saidOf(one) }))
    .filter(({ isNew, said }) => isNew || said.length > 0);
  return {
    address: 'reference/changes',
    title: `Changes since ${version}`,
    summary,
    section: ['Reference'],
    html: String(
      html`<h1>Changes since ${version}</h1><p class="lead">${summary} The whole of it, also for whoever runs the server: <a href="docs:changelog">changelog</a>.</p>${parts.map(
        ({ surface, isNew, said }) =>
          html`<section><h2 id="${surface.name}">${surface.title}</h2>${isNew && html`<p>New as a whole: <a href="docs:${surface.address}">${inline(surface.info.summary)}</a></p>`}${said.map(
            ({ kind, list }) =>
              html`<h3 id="${surface.name}-${kind}">${kinds[kind]} <span class="values">${list.length}</span></h3><ul class="calls">${list.map(row)}</ul>`,
          )}</section>`,
      )}`,
    ),
    markdown: [`# Changes since ${version}`, summary, ...parts.flatMap(markdownOf)].join('\n\n'),
    headings: parts.map(({ surface }) => ({ id: surface.name, text: surface.title, level: 2 })),
  };
}

const saidOf = (one) =>
  Object.keys(kinds)
    .map((kind) => ({ kind, list: one.isNew ? [] : one[kind] }))
    .filter(({ list }) => list.length > 0);

const row = ({ kind, operation, lines }) =>
  html`<li>${kind === 'removed' ? html`<span>${operation.summary}</span>` : html`<a href="docs:${operation.address}">${operation.summary}</a>`}<div>${called(operation)}${lines.length > 0 && html`<ul>${lines.map((line) => html`<li>${inline(line)}</li>`)}</ul>`}</div></li>`;

function markdownOf({ surface, isNew, said }) {
  const items = ({ kind, list }) =>
    [
      `### ${kinds[kind]}`,
      list
        .map(({ operation, lines }) => {
          const name = kind === 'removed' ? operation.summary : `[${operation.summary}](docs:${operation.address})`;
          return [`- ${name}: \`${operation.verb} ${operation.path}\``, ...lines.map((line) => `  - ${line}`)].join(
            '\n',
          );
        })
        .join('\n'),
    ].join('\n\n');
  if (isNew) return [`## ${surface.title}`, 'New as a whole.'];
  return [`## ${surface.title}`, ...said.map(items)];
}
