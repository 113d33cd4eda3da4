import type { Context } from '../context.ts';
import { addressOf, runFilePath } from '../files/paths.ts';
import { changed, type Json, visit } from './json_walk.ts';
import { fileIn } from './outputs.ts';
import type { RunOutput, RunRow } from './row.ts';

type Outputs = RunOutput[] | null;

/** The outputs of runs, their files as we have them: with an address, a path, a size and a name of ours. */
export async function outputsOf(context: Context, runs: readonly Pick<RunRow, 'id' | 'outputs'>[]): Promise<Outputs[]> {
  const { house, db, asker } = context;
  const ids = runs.filter(({ outputs }) => hasFiles(outputs)).map(({ id }) => id);
  if (ids.length === 0) return runs.map(({ outputs }) => outputs);
  const kept = await db('run_files as r')
    .join('files as f', 'f.id', 'r.file_id')
    .whereRaw('r.run_id = any(?::uuid[])', [ids])
    .select('r.run_id', 'r.path', 'f.id', 'f.name', 'f.size');
  const byPath = new Map(kept.map((file) => [`${file.run_id} ${file.path}`, file]));

  const shown = (runId: string) => (object: Json) => {
    const file = byPath.get(`${runId} ${fileIn(object)?.path}`);
    if (!file) return object;
    const { name, size } = file;
    const known = { name, path: runFilePath(file), size, url: addressOf(house, asker.origin, file) };
    return { ...object, file: known };
  };
  return runs.map(({ id, outputs }) => changed(outputs, shown(id)) as Outputs);
}

function hasFiles(outputs: Outputs): boolean {
  let found = false;
  visit(outputs, (object) => {
    found ||= fileIn(object) !== undefined;
  });
  return found;
}
