import { parse } from './answer.ts';
import type { Kind } from './command.ts';
import { readEnvironment } from './config.ts';
import { call, type OperationId, type Sent } from './server.ts';
import { load } from './settings.ts';

/** A word that a shell may complete, and what it is. */
export interface Word {
  word: string;
  about: string;
}

export const shells = ['bash', 'zsh', 'fish'];

/** Nobody who pressed Tab waits longer; milliseconds. */
const patience = 2_000;

type Listed = Exclude<Kind, 'shells' | 'commands' | 'remotes'>;
type Row = Record<string, unknown>;

/** Where the values of a kind are listed, and which attributes are the value and the words beside it. */
const lists: Record<Listed, [id: OperationId, sent: Sent, value: string, about: string]> = {
  pipelines: ['listPipelines', { query: { limit: 100 } }, 'id', 'name'],
  pointers: ['listPointers', { query: { limit: 100 } }, 'pointer', 'pipeline_id'],
  files: ['listFiles', { query: { limit: 100 } }, 'id', 'name'],
  runs: ['listRuns', { query: { limit: 50 } }, 'id', 'state'],
  keys: ['manageApiKeys', { body: { action: 'list' } }, 'id', 'name'],
};

export const listedKinds = [...Object.keys(lists), 'remotes'];

/** What there is of a kind at the server. Throws a `Stop` where that cannot be known. */
export async function valuesOf(kind: string): Promise<Word[]> {
  if (kind === 'remotes')
    return (load(readEnvironment().file).remotes ?? []).map(({ alias, url }) => ({ word: alias ?? '', about: url }));
  const [id, sent, value, about] = lists[kind as Listed];
  const { data, keys } = (parse((await call(id, { ...sent, timeout: patience })).text) ?? {}) as Record<string, Row[]>;
  const rows = (data ?? keys ?? []).filter(({ is_active }) => is_active !== false);
  return rows.map((row) => ({ word: String(row[value]), about: String(row[about] ?? '') }));
}
