import { type Attributes, type Left, nameFor, type PlannedBlock, pick, slugOf } from './plan.ts';
import type { ProjectFolder } from './project_folder.ts';

/** A block as its pipeline's file has it, and where it stands there. */
export interface Found {
  at: string;
  value: Attributes;
}

/** The ends of files, by what is in them. */
const endings: Record<string, string> = { markdown: 'md', python: 'py', sql: 'sql' };
const types = [
  ...['callback', 'conditional', 'custom', 'data_exporter', 'data_loader', 'markdown', 'scratchpad', 'sensor'],
  'transformer',
];
const changed = ['executor_config', 'executor_type', 'retry_config', 'timeout'];

/** Reads a block with its file; or says why its pipeline cannot be here. Throws a `Stop` for a path that leads out of the project. */
export function readBlock(
  folder: ProjectFolder,
  pipeline: string,
  { at, value }: Found,
): { block: PlannedBlock; left: Left[] } | { why: string } {
  const { type, replicated_block: original } = value;
  const uuid = String(value.uuid);
  const language = String(value.language ?? 'python');
  const configuration = (value.configuration ?? {}) as Attributes;
  if (!types.includes(String(type))) return { why: `its block ${uuid} is of the type ${type}, which is not run here` };
  if (endings[language] === undefined) return { why: `its block ${uuid} is in ${language}, which is not run here` };
  if (configuration.dynamic)
    return { why: `its block ${uuid} is dynamic, and makes blocks as it runs, which is not done here` };

  const here = slugOf(uuid);
  const left: Left[] = here === uuid ? [] : [{ what: `${pipeline}: ${uuid}`, why: `it is called ${here} here` }];
  if (value.has_callback)
    left.push({
      what: `${pipeline}: the own callback of ${uuid}`,
      why: 'make it a block of the type callback that depends on it',
    });
  const copied = typeof original === 'string' && original !== '' && original !== uuid ? original : undefined;
  const file = fileOf(value, uuid, language);
  const content = copied === undefined ? folder.text(file) : undefined;
  if (copied === undefined && content === undefined)
    return { why: `the file of its block ${uuid}, ${file}, is not there (${at})` };
  const upstream = Array.isArray(value.upstream_blocks) ? value.upstream_blocks.map((one) => slugOf(String(one))) : [];
  return {
    left,
    block: {
      uuid: here,
      name: nameFor(uuid, value.name),
      type: String(type),
      language,
      content,
      upstream_blocks: [...new Set(upstream)],
      ...(copied !== undefined && { replicated_block: slugOf(copied) }),
      changes: pick(value, changed),
      configuration,
      color: typeof value.color === 'string' ? value.color : null,
    },
  };
}

/** Where Mage keeps a block: in the folder of its type, unless it says where. */
function fileOf({ type, configuration }: Attributes, uuid: string, language: string): string {
  const source = (configuration as Attributes | null)?.file_source as Attributes | null | undefined;
  if (typeof source?.path === 'string' && source.path !== '') return source.path;
  return `${type === 'custom' ? type : `${type}s`}/${uuid}.${endings[language]}`;
}
