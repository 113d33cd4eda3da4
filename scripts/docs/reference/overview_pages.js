import { rendered } from '../markdown.js';
import { plain } from '../text.js';
import { badge } from './changes.js';
import { code, inline } from './descriptions.js';
import { html, raw } from './html.js';
import { called, firstSentence } from './operation_page.js';

/** The first page of the reference. */
export function indexPage(surfaces, changes) {
  const summary =
    'Every call of every API that this server answers, with its samples, its errors, and a form to try it.';
  return {
    address: 'reference',
    title: 'Reference',
    summary,
    section: [],
    html: String(
      html`<h1>Reference</h1><p class="lead">${summary}</p><ul class="cards">${surfaces.map(
        ({ address, title, info, base }) =>
          html`<li><a href="docs:${address}"><b>${title}</b><span>${inline(info.summary)}</span> <span>${code(base)}</span></a></li>`,
      )}</ul><p><a href="docs:reference/changes">Changes since ${changes.version}</a>: what is new, changed, deprecated and gone, by API.</p>`,
    ),
    markdown: [
      '# Reference',
      summary,
      surfaces.map(({ address, title, info }) => `- [${title}](docs:${address}): ${info.summary}`).join('\n'),
    ].join('\n\n'),
    headings: [],
  };
}

/** The page of a surface: what its contract says of it, and its resources. */
export function surfacePage({ address, title, name, info, resources }, changes) {
  const { html: text, headings } = rendered(info.description ?? '');
  const files = [`openapi/${name}.yaml`, `openapi/${name}.json`];
  return {
    address,
    title,
    summary: plain(String(inline(info.summary))),
    section: ['Reference'],
    html: String(
      html`<h1>${title} reference</h1><p class="lead">${inline(info.summary)}</p>${raw(text)}<h2 id="resources">Resources</h2>${resources.map(
        (resource) =>
          html`<h3 id="resource-${resource.name}"><a href="docs:${resource.address}">${resource.title}</a></h3><p>${inline(resource.description)}</p>${callList(resource.operations, changes)}`,
      )}<h2 id="contract">The contract</h2><p>OpenAPI 3.1, version ${info.version}: ${files.map((file, at) => html`${at > 0 && ', '}<a href="docs:${file}">${file}</a>`)}.</p>`,
    ),
    markdown: [
      `# ${title} reference`,
      info.summary,
      info.description?.trim(),
      '## Resources',
      ...resources.map((resource) => resourceMarkdown(resource, 3)),
    ].join('\n\n'),
    headings: [
      ...headings,
      { id: 'resources', text: 'Resources', level: 2 },
      ...resources.map((resource) => ({ id: `resource-${resource.name}`, text: resource.title, level: 3 })),
      { id: 'contract', text: 'The contract', level: 2 },
    ],
  };
}

/** The page of a resource: its operations, each with its sentence. */
export function resourcePage(surface, resource, changes) {
  return {
    address: resource.address,
    title: resource.title,
    summary: plain(String(inline(resource.description))),
    section: ['Reference', surface.title],
    html: String(
      html`<h1>${resource.title}</h1><p class="lead">${inline(resource.description)}</p>${resource.operations.map(
        (operation) =>
          html`<section class="operation"><h2 id="${operation.id}"><a href="docs:${operation.address}">${operation.summary}</a></h2>${called(operation, badge(operation, changes))}<p>${firstSentence(operation.description)}</p></section>`,
      )}`,
    ),
    markdown: resourceMarkdown(resource, 1),
    headings: resource.operations.map(({ id, summary }) => ({ id, text: summary, level: 2 })),
  };
}

const callList = (operations, changes) =>
  html`<ul class="calls">${operations.map(
    (operation) =>
      html`<li><a href="docs:${operation.address}">${operation.summary}</a>${called(operation, badge(operation, changes))}</li>`,
  )}</ul>`;

const resourceMarkdown = ({ title, description, operations }, level) =>
  [
    `${'#'.repeat(level)} ${title}`,
    description,
    operations
      .map(
        ({ summary, address, verb, path, event }) =>
          `- [${summary}](docs:${address}): \`${verb ? `${verb} ${path}` : event}\``,
      )
      .join('\n'),
  ].join('\n\n');
