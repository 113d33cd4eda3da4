import { readChanges } from './reference/changes.js';
import { changesPage } from './reference/changes_page.js';
import { readSurfaces } from './reference/contracts.js';
import { mentionsIn } from './reference/mentions.js';
import { operationPage } from './reference/operation_page.js';
import { indexPage, resourcePage, surfacePage } from './reference/overview_pages.js';
import { readSamples } from './reference/samples.js';

/**
 * The pages of the reference: one for each surface, resource and operation of the contracts.
 * @param {import('./page.d.ts').Page[]} guides whose mentions of calls lead here, and are led to
 * @returns {import('./page.d.ts').Page[]}
 */
export function referencePages(guides = [], surfaces = readSurfaces()) {
  const changes = readChanges(surfaces);
  const mentions = mentionsIn(guides);
  const pages = surfaces.flatMap((surface) => {
    const samples = readSamples(surface.name);
    return [
      surfacePage(surface, changes),
      ...surface.resources.flatMap((resource) => [
        resourcePage(surface, resource, changes),
        ...resource.operations.map((operation) =>
          operationPage({ surface, resource, operation, samples: samples[operation.id], changes, mentions }),
        ),
      ]),
    ];
  });
  return [indexPage(surfaces, changes), changesPage(changes), ...pages];
}
