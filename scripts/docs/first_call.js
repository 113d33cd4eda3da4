import { html } from './reference/html.js';
import { tryForm } from './reference/try_form.js';

/** The steps of the page: what is called, and what is said before. */
const steps = [
  {
    id: 'make-a-key',
    title: '1. Sign in, and make a key',
    operation: 'createKey',
    said: 'With the name and the password of a user of this server; the first start made the owner. The key is shown once.',
  },
  {
    id: 'make-a-call',
    title: '2. Make a call with it',
    operation: 'getMe',
    said: 'The new key stands in the field. The answer says whose it is, and what it may do.',
  },
];

/**
 * The page on which a newcomer makes a key and a first call without leaving it.
 * @param {object[]} surfaces of `readSurfaces`
 * @returns {import('./page.d.ts').Page}
 */
export function firstCallPage(surfaces) {
  const { contract, resources } = surfaces.find(({ name }) => name === 'latchkey');
  const operations = new Map(resources.flatMap(({ operations: own }) => own.map((one) => [one.id, one])));
  const summary = 'After this page you have a key, and an answer to a call, from this browser. It takes a minute.';
  const parts = steps.map(({ id, title, operation, said }, at) => {
    const own = operations.get(operation);
    const form = tryForm(contract, own, { name: `step-${at + 1}`, signIn: at === 0 ? 'first' : 'none' });
    return html`<h2 id="${id}">${title}</h2><p>${said} It is <a href="docs:${own.address}">${own.verb} ${own.path}</a>.</p>${form}`;
  });
  const after = [
    ['guides/start', 'Start here', 'the same at a terminal, and on the other APIs'],
    ['guides/keys', 'Keys', 'bounds, rotation, and what to do when one leaks'],
    ['reference', 'Reference', 'every call, with a form like these'],
  ];
  const calls = steps.map(
    ({ operation, title }) => `${title}: ${operations.get(operation).verb} ${operations.get(operation).path}`,
  );
  return {
    address: 'guides/first-call',
    title: 'A key and a call, on this page',
    label: 'Try it here',
    summary,
    section: ['Start'],
    html: String(
      html`<h1>A key and a call, on this page</h1><p class="lead">${summary}</p>${parts}<h2 id="what-next">What next</h2><ul>${after.map(([address, title, text]) => html`<li><a href="docs:${address}">${title}</a>: ${text}</li>`)}</ul>`,
    ),
    markdown: `# A key and a call, on this page\n\n${summary} In a browser; at a terminal: [start](docs:guides/start).\n\n${calls.join('\n\n')}\n`,
    headings: [
      ...steps.map(({ id, title }) => ({ id, text: title, level: 2 })),
      { id: 'what-next', text: 'What next', level: 2 },
    ],
  };
}
