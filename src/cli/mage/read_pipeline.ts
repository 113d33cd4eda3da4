import { Stop } from '../stop.ts';
import {
  type Attributes,
  type Left,
  nameFor,
  objectOf,
  type PlannedBlock,
  type PlannedPipeline,
  pick,
  slugOf,
} from './plan.ts';
import type { ProjectFolder } from './project_folder.ts';
import { readYaml, type Yaml } from './project_yaml.ts';
import { type Found, readBlock } from './read_block.ts';
import { readTriggers } from './read_triggers.ts';

/** What of a pipeline's file is brought as it is. */
const kept = [
  ...['description', 'tags', 'cache_block_output_in_memory', 'concurrency_config', 'executor_type', 'retry_config'],
  'run_pipeline_in_one_process',
];

/** Reads a pipeline, and says what of it is left out; undefined where that is all of it. Throws a `Stop` for a file that is wrong. */
export function readPipeline(folder: ProjectFolder, name: string, left: Left[]): PlannedPipeline | undefined {
  const path = `pipelines/${name}`;
  const out = (why: string) => {
    left.push({ what: path, why });
    return undefined;
  };
  const text = folder.text(`${path}/metadata.yaml`);
  if (text === undefined) return out('it has no metadata.yaml');
  const yaml = readYaml(`${path}/metadata.yaml`, text);
  const config = objectOf(yaml.value, () => `${yaml.at()}: A pipeline is a dictionary.`);
  const type = config.type ?? 'python';
  if (type !== 'python') return out(`pipelines of the type ${type} are not run here`);

  const uuid = slugOf(name, '');
  if (uuid !== name) left.push({ what: path, why: `it is called ${uuid} here` });
  const found = ['blocks', 'callbacks', 'conditionals'].flatMap((list) => listed(yaml, config, list));
  const blocks: PlannedBlock[] = [];
  for (const one of found) {
    const block = readBlock(folder, path, one);
    if ('why' in block) return out(block.why);
    left.push(...block.left);
    blocks.push(block.block);
  }
  refuseTwice(yaml, blocks, found);
  if (Object.keys(config.extensions ?? {}).length > 0)
    left.push({ what: `${path}: extensions`, why: 'they are not run here' });
  if (config.notification_config && Object.keys(config.notification_config).length > 0)
    left.push({ what: `${path}: notification_config`, why: 'nothing is sent by it: webhooks tell of runs' });
  return {
    uuid,
    name: nameFor(name, config.name, ''),
    attributes: pick(config, kept),
    blocks: inOrder(yaml, blocks, `${path}/metadata.yaml`, left),
    order: listed(yaml, config, 'blocks').map(({ value }) => slugOf(String(value.uuid))),
    variables: variablesOf(yaml, config, path, left),
    triggers: readTriggers(folder, path, left),
  };
}

/** The dictionaries of a list of blocks, with where each stands. */
function listed(yaml: Yaml, config: Attributes, list: string): Found[] {
  const all = config[list] ?? [];
  if (!Array.isArray(all)) throw new Stop('usage', `${yaml.at(list)}: ${list} is no list.`);
  return all.map((one, index) => {
    const at = yaml.at(list, index);
    const value = objectOf(one, () => `${at}: A block is a dictionary.`);
    for (const key of ['uuid', 'type']) {
      if (typeof value[key] !== 'string' || value[key] === '')
        throw new Stop('usage', `${at}: A block needs a ${key}.`);
    }
    return { at, value };
  });
}

function refuseTwice(yaml: Yaml, blocks: readonly PlannedBlock[], found: readonly Found[]): void {
  const again = blocks.findIndex(({ uuid }, at) => blocks.findIndex((other) => other.uuid === uuid) !== at);
  if (again >= 0)
    throw new Stop('usage', `${found[again]?.at ?? yaml.at()}: There is another block ${blocks[again]?.uuid}.`);
}

/** Blocks after those that they depend on. Throws a `Stop` where they lead back to themselves. */
function inOrder(yaml: Yaml, blocks: readonly PlannedBlock[], path: string, left: Left[]): PlannedBlock[] {
  const byUuid = new Map(blocks.map((block) => [block.uuid, block]));
  for (const block of blocks) {
    const lost = block.upstream_blocks.filter((one) => !byUuid.has(one));
    if (lost.length > 0)
      left.push({ what: `${path}: ${block.uuid}`, why: `there is no block ${lost.join(', ')} to depend on` });
    block.upstream_blocks = block.upstream_blocks.filter((one) => byUuid.has(one));
  }
  const done = new Set<PlannedBlock>();
  const waiting = new Set(blocks);
  while (waiting.size > 0) {
    const before = (block: PlannedBlock) => [...block.upstream_blocks, block.replicated_block ?? []].flat();
    const free = [...waiting].find((block) =>
      before(block).every((uuid) => !waiting.has(byUuid.get(uuid) as PlannedBlock)),
    );
    if (!free) {
      const names = [...waiting].map(({ uuid }) => uuid).join(', ');
      throw new Stop('usage', `${yaml.at('blocks')}: These blocks lead back to themselves: ${names}.`);
    }
    waiting.delete(free);
    done.add(free);
  }
  return [...done];
}

function variablesOf(yaml: Yaml, config: Attributes, path: string, left: Left[]): Attributes {
  if (config.variables === undefined || config.variables === null) return {};
  const all = objectOf(config.variables, () => `${yaml.at('variables')}: variables is no dictionary.`);
  const none = Object.keys(all).filter((name) => all[name] === null);
  for (const name of none) left.push({ what: `${path}: the variable ${name}`, why: 'it has no value' });
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}
