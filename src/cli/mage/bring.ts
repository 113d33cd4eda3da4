import { isDeepStrictEqual } from 'node:util';
import { mageCall } from './mage_call.ts';
import type { Attributes, PlannedBlock, PlannedPipeline } from './plan.ts';

/** What is told as it is done. */
export type Tell = (done: 'created' | 'updated' | 'unchanged', what: string, more?: string[]) => void;

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
type Thing = any;

/** Brings a pipeline, where it differs from what is here; or with `tries` says alone what it would do. Throws as `mageCall` does. */
export async function bring(plan: PlannedPipeline, tries: boolean, tell: Tell): Promise<void> {
  const write = async (...call: Parameters<typeof mageCall>): Promise<Thing> => (tries ? undefined : mageCall(...call));
  const at = ['pipelines', plan.uuid];
  const before = (await mageCall('GET', at))?.pipeline;
  const { description, tags, ...rest } = plan.attributes;
  const made = { name: plan.name, type: 'python', ...(description && { description }), ...(tags && { tags }) };
  if (!before) await write('POST', ['pipelines'], { pipeline: made });
  const changes = differing(before ? plan.attributes : rest, before ?? {});
  if (Object.keys(changes).length > 0) await write('PUT', at, { pipeline: changes });
  tell(before ? done(changes) : 'created', `pipeline ${plan.uuid}`, before && Object.keys(changes));

  const here: Thing[] = before ? [...before.blocks, ...before.callbacks, ...before.conditionals] : [];
  for (const block of plan.blocks) await bringBlock(plan, block, here, write, tell);
  const order = [...here, ...plan.blocks].filter(({ uuid }) => plan.order.includes(uuid)).map(({ uuid }) => uuid);
  if (!isDeepStrictEqual([...new Set(order)], plan.order)) {
    await write('PUT', at, { pipeline: { blocks: plan.order.map((uuid) => ({ uuid })) } });
    if (before) tell('updated', `order of the blocks of ${plan.uuid}`);
  }
  for (const [name, value] of Object.entries(plan.variables)) {
    const had = before?.variables?.[name];
    if (!isDeepStrictEqual(had, value)) await write('POST', [...at, 'variables'], { variable: { name, value } });
    tell(had === undefined ? 'created' : done(differing({ value }, { value: had })), `variable ${plan.uuid}/${name}`);
  }
  if (plan.triggers.length > 0) await bringTriggers(plan, before !== undefined, write, tell);
}

type Write = (...call: Parameters<typeof mageCall>) => Promise<Thing>;

async function bringBlock(
  plan: PlannedPipeline,
  block: PlannedBlock,
  here: Thing[],
  write: Write,
  tell: Tell,
): Promise<void> {
  const { uuid, changes, content, ...made } = block;
  const at = ['pipelines', plan.uuid];
  const what = `block ${plan.uuid}/${uuid}`;
  const found = here.find((one) => one.uuid === uuid);
  if (!found) {
    await write('POST', [...at, 'blocks'], { block: { ...made, ...(content !== undefined && { content }) } });
    if (Object.keys(changes).length > 0) await write('PUT', [...at, 'blocks', uuid], { block: changes });
    return tell('created', what);
  }
  if (found.type !== block.type || found.language !== block.language)
    throw new Other(`${what} is a ${found.type} in ${found.language} here: delete it first.`);
  const { configuration, color, upstream_blocks } = block;
  const own = content === undefined ? {} : { configuration };
  const differs = differing({ ...own, color, upstream_blocks, ...changes }, found);
  const isNew = content !== undefined && content !== found.content;
  if (Object.keys(differs).length > 0) await write('PUT', [...at, 'blocks', uuid], { block: differs });
  if (isNew) await write('PUT', at, { pipeline: { blocks: [{ uuid, content }] } }, '&update_content=true');
  const all = [...Object.keys(differs), ...(isNew ? ['content'] : [])];
  tell(all.length > 0 ? 'updated' : 'unchanged', what, all);
}

/** Something of that name is here, and is something else. */
export class Other extends Error {}

async function bringTriggers(plan: PlannedPipeline, isThere: boolean, write: Write, tell: Tell): Promise<void> {
  const at = ['pipelines', plan.uuid, 'pipeline_schedules'];
  const here: Thing[] = isThere ? (await mageCall('GET', at, undefined, '&_limit=10000')).pipeline_schedules : [];
  for (const { name, made, changes } of plan.triggers) {
    const what = `trigger ${plan.uuid}/${name}`;
    const found = here.find((one) => one.name === name);
    const differs = found ? differing({ ...made, ...changes }, found) : changes;
    const id = found?.id ?? (await write('POST', at, { pipeline_schedule: made }))?.pipeline_schedule.id;
    if (Object.keys(differs).length > 0)
      await write('PUT', ['pipeline_schedules', String(id)], { pipeline_schedule: differs });
    tell(found ? done(differs) : 'created', what, found && Object.keys(differs));
  }
}

const done = (changes: object) => (Object.keys(changes).length > 0 ? 'updated' : 'unchanged');

/** What of these attributes is otherwise here. Times are the same where they mean the same moment. */
function differing(wanted: Attributes, here: Thing): Attributes {
  const isSame = (name: string, value: unknown) =>
    isDeepStrictEqual(here[name], value) || (name === 'start_time' && isMoment(here[name], value));
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => !isSame(name, value)));
}

/** Without a zone it is UTC, as the server takes it. */
function isMoment(one: unknown, other: unknown): boolean {
  const [a, b] = [one, other].map((text) => {
    const plain = String(text).trim().replace(' ', 'T');
    return Date.parse(/(Z|[+-]\d\d(:?\d\d)?)$/i.test(plain.slice(10)) ? plain : `${plain}Z`);
  });
  return a === b;
}
