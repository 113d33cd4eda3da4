import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from '../children.js';
import { Mistake } from './ask.js';
import { fill } from './fill.js';
import * as places from './places.js';
import { policyEdits } from './policy.js';
import { valuesFor } from './values.js';

const read = (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

/**
 * Every file that is to be made or changed, with its text before and after: nothing is written yet.
 * Throws a Mistake for a name that is taken, and an Error where a file no longer has the place that a line goes to.
 */
export function plan({ names, fields, surface }) {
  refuseTaken(names, surface);
  const made = [
    [
      places.contract(surface.name, names),
      [`${surface.name}/contract.yaml`],
      'the contract: what is asked and answered',
    ],
    [places.migration(names), ['migration.js'], 'its table'],
    [places.core(names), ['core.ts'], 'resource, policy and presenter'],
    [places.test(surface.name, names), [`${surface.name}/test.ts`, 'tests.ts'], 'every action, and who is refused'],
  ].map(([path, templates, why]) => {
    if (read(path) !== undefined) throw taken(names, path);
    const values = valuesFor(names, fields, surface, path);
    return { path, after: templates.map((template) => fill(`${template}.tmpl`, values)).join('\n'), why };
  });
  const changed = [
    [places.rootContract(surface.name), rootEdits(names, surface), 'names its paths, and its tag'],
    ...surface.edits(names, fields),
    [places.policyTest, policyEdits(names, fields, surface), 'who may do what, and one to do it with'],
  ].map(([path, edits, why]) => {
    const before = read(path);
    return { path, before, after: edited(path, before ?? '', edits), why };
  });
  return [...made, ...changed];
}

function taken(names, path) {
  return new Mistake(`${names.singular} is taken, by ${path}: choose another name.`);
}

function refuseTaken(names, surface) {
  const folder = dirname(places.core(names));
  if (existsSync(join(root, folder))) throw taken(names, folder);
  const contract = JSON.parse(read(places.bundle(surface.name)));
  const path = surface.paths(names)[0][0];
  if (contract.paths[path])
    throw new Mistake(`${names.singular} is taken, by ${path} on ${surface.name}: choose another name.`);
  const ids = new Set(
    Object.values(contract.paths).flatMap((item) => Object.values(item).map((one) => one.operationId)),
  );
  const schemas = new Set(Object.keys(contract.components.schemas));
  const known = [
    ...surface
      .operations(names)
      .filter(([id]) => ids.has(id))
      .map(([id]) => `the operation ${id}`),
    ...surface
      .schemas(names)
      .filter((name) => schemas.has(name))
      .map((name) => `the schema ${name}`),
  ];
  if (known[0])
    throw new Mistake(`${names.singular} is taken, by ${known[0]} on ${surface.name}: choose another name.`);
  for (const [file, name] of [
    [places.tables, names.type],
    [places.tables, names.plural],
    ...surface.introduces(names),
  ]) {
    const code = (read(file) ?? '').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    if (new RegExp(`(?<![./'\\w])${name}\\b`).test(code)) {
      throw new Mistake(`${names.singular} is taken, by ${name} in ${file}: choose another name.`);
    }
  }
}

function rootEdits(names, surface) {
  const file = `${surface.name}/${names.plural}.yaml`;
  const paths = surface.paths(names).map(([path, key]) => `  ${path}:\n    $ref: ${file}#/${key}\n`);
  return [
    [/^security:$/m, `  - name: ${surface.tag(names)}\n    description: The ${names.words} of the account.\n`],
    [/^components:$/m, paths.join('')],
  ];
}

/** A text with lines more, each before what its expression finds; a function says what becomes of what is found. */
function edited(path, text, edits) {
  return edits.reduce((at, [place, lines]) => {
    if (!place.test(at)) throw new Error(`${path} has no ${place} to write at: see scripts/new.`);
    return at.replace(place, typeof lines === 'function' ? lines : (found) => lines + found);
  }, text);
}
