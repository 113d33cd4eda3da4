import { Stop } from '../stop.ts';
import type { Left, Plan, PlannedPipeline } from './plan.ts';
import { openProjectFolder, type ProjectFolder } from './project_folder.ts';
import { readPipeline } from './read_pipeline.ts';

/**
 * Reads a project's folder as Mage 0.9 writes it, all of it before anything is sent. A pipeline that cannot be here whole is left out
 * whole: one with a hole would do something else. Throws a `Stop` for what is no project, and for a file that is wrong.
 */
export function readProject(path: string): Plan {
  const folder = openProjectFolder(path);
  const names = namesIn(folder, 'pipelines');
  if (folder.text('metadata.yaml') === undefined || !folder.list('.').some(({ name }) => name === 'pipelines'))
    throw new Stop(
      'usage',
      `${path} is no project of Mage's: it has no metadata.yaml with a folder pipelines beside it.`,
    );
  const left: Left[] = [];
  const pipelines: PlannedPipeline[] = [];
  for (const name of names) {
    const pipeline = readPipeline(folder, name, left);
    if (pipeline) pipelines.push(pipeline);
  }
  const twice = pipelines.find(({ uuid }, at) => pipelines.findIndex((other) => other.uuid === uuid) !== at);
  if (twice) throw new Stop('usage', `Two pipelines of the project would be called ${twice.uuid} here.`);
  return { pipelines, left: [...left, ...leftOf(folder)] };
}

const namesIn = (folder: ProjectFolder, path: string): string[] =>
  folder
    .list(path)
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !/^(\.|__)/.test(entry.name))
    .map(({ name }) => name);

/** What lies beside the pipelines, by where it lies. */
const beside: Record<string, string> = {
  '.git': 'git is not served: keep the repository where it is',
  custom_templates: 'templates are not served',
  dbt: 'dbt is not run here',
  'global_data_products.yaml': 'global data products are not made by files here',
  'global_hooks.yaml': 'hooks are not run here',
  interactions: 'interactions are not served',
  'io_config.yaml': 'it holds passwords: name its connections in the file of the runner',
  'requirements.txt': 'install what it names where the runner runs',
  utils: 'code that blocks import: put it beside the runner',
};

function leftOf(folder: ProjectFolder): Left[] {
  return folder.list('.').flatMap(({ name }) => {
    const why = beside[name];
    const isEmpty = why === undefined || !holdsAnything(folder, name);
    return isEmpty ? [] : [{ what: name, why }];
  });
}

/** What `mage init` puts there itself is nothing. */
function holdsAnything(folder: ProjectFolder, name: string): boolean {
  if (name === '.git') return true;
  const inside = folder.list(name).filter((entry) => !/^(__init__\.py|__pycache__|profiles\.yml)$/.test(entry.name));
  return inside.length > 0 || Boolean(/\.(ya?ml|txt)$/.test(name) && folder.text(name)?.trim());
}
