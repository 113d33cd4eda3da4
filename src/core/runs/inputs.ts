import type { Knex } from 'knex';
import { Failure } from '../../contract/failure.ts';
import type { Context } from '../context.ts';
import { type Addressed, addressId, addressOf, pathId, storedPath } from '../files/paths.ts';
import type { House } from '../house.ts';
import { uuidOf } from '../ids.ts';
import { accountOf } from '../rules.ts';
import { changed, type Json, visit } from './json_walk.ts';
import type { RunInput } from './row.ts';

/**
 * The inputs of a run with each file of ours, nested ones too, named by its path alone, whatever it was named by: its path,
 * its id, or an address of it. Files that are elsewhere stay as they are. Throws `invalid` for a path of ours where the
 * account has no file.
 */
export async function located(context: Context, inputs: RunInput[]): Promise<RunInput[]> {
  const found = await filesIn(context.db, accountOf(context), inputs);
  return changed(inputs, (object) => {
    const id = referredId(object);
    if (id === undefined) return object;
    const file = found.get(id);
    if (file)
      return { ...object, file_name: object.file_name ?? file.name, file_path: storedPath(file), file_url: null };
    if (!pathId(textOf(object.file_path))) return object;
    const sentence = `File not found: ${object.file_path}`;
    throw new Failure('invalid', sentence, { fields: { inputs: [sentence] } });
  }) as RunInput[];
}

/** The same inputs with an address of each such file, for containers and readers. */
export async function addressed(
  { house, db, accountId, origin }: { house: House; db: Knex; accountId: number; origin: string },
  inputs: RunInput[],
): Promise<RunInput[]> {
  const found = await filesIn(db, accountId, inputs);
  return changed(inputs, (object) => {
    const file = found.get(referredId(object) ?? '');
    return file ? { ...object, file_url: addressOf(house, origin, file) } : object;
  }) as RunInput[];
}

/** The files of the account that these inputs refer to, by their ids; nobody else's are looked for. */
async function filesIn(db: Knex, accountId: number, inputs: RunInput[]): Promise<Map<string, Addressed>> {
  const ids = new Set<string>();
  visit(inputs, (object) => {
    const id = referredId(object);
    if (id !== undefined) ids.add(id);
  });
  if (ids.size === 0) return new Map();
  const found = await db('files')
    .whereRaw('id = any(?::uuid[])', [[...ids]])
    .where('account_id', accountId)
    .select('id', 'name');
  return new Map(found.map((file) => [file.id, file]));
}

/** What may be a file of ours in an input; an address goes before a path, as it does in containers. */
function referredId({ type, file_url, file_path }: Json): string | undefined {
  if (type !== 'file') return undefined;
  const [url, path] = [textOf(file_url), textOf(file_path)];
  return url !== '' ? addressId(url) : (pathId(path) ?? addressId(path) ?? uuidOf('file', path));
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
