import { Stop } from '../stop.ts';
import { type Left, objectOf, type PlannedTrigger, pick } from './plan.ts';
import type { ProjectFolder } from './project_folder.ts';
import { readYaml } from './project_yaml.ts';

const made = ['name', 'description', 'schedule_type', 'schedule_interval', 'start_time', 'status', 'variables'];
const changed = ['settings', 'sla', 'tags'];

/** Reads the triggers of a pipeline that Mage keeps as code. Throws a `Stop` for a file that is wrong. */
export function readTriggers(folder: ProjectFolder, pipeline: string, left: Left[]): PlannedTrigger[] {
  const text = folder.text(`${pipeline}/triggers.yaml`);
  if (text === undefined) return [];
  const yaml = readYaml(`${pipeline}/triggers.yaml`, text);
  if (yaml.value === null) return [];
  const { triggers } = objectOf(yaml.value, () => `${yaml.at()}: It is no dictionary with triggers.`);
  if (triggers === null || triggers === undefined) return [];
  if (!Array.isArray(triggers)) throw new Stop('usage', `${yaml.at('triggers')}: triggers is no list.`);
  const names = new Set<string>();
  return triggers.flatMap((one, index) => {
    const at = yaml.at('triggers', index);
    const value = objectOf(one, () => `${at}: A trigger is a dictionary.`);
    const { name, envs } = value;
    if (typeof name !== 'string' || name === '') throw new Stop('usage', `${at}: A trigger needs a name.`);
    if (names.has(name)) throw new Stop('usage', `${at}: There is another trigger ${JSON.stringify(name)}.`);
    names.add(name);
    const what = `${pipeline}: the trigger ${JSON.stringify(name)}`;
    const out = (why: string) => {
      left.push({ what, why });
      return [];
    };
    if (value.schedule_type === 'event') return out('nothing fires triggers by events here');
    if (Array.isArray(envs) && envs.length > 0 && !envs.includes('prod'))
      return out(`it is for ${envs.join(', ')} alone`);
    if (typeof value.token === 'string')
      left.push({ what: `${what}, its token`, why: 'a new one is made, as its address is new' });
    return [{ name, made: pick(value, made), changes: pick(value, changed) }];
  });
}
