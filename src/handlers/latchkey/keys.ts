import { createKey, type KeyBody, revokeKeyById, rotateKey, updateKey } from '../../core/api_keys/change.ts';
import { importKeys, type Line } from '../../core/api_keys/import.ts';
import { type KeyFilter, keyById, pageOfKeys, shownKey } from '../../core/api_keys/managed.ts';
import type { Call, Context } from '../../core/context.ts';
import { scopes } from '../../core/scopes.ts';

/** Keys: made, looked at, changed, rotated and ended. */
export const keyHandlers = {
  async listKeys(context: Context, { query, page: { limit = 20, cursor } }: Call<KeyFilter, unknown>) {
    const page = await pageOfKeys(context, query, { limit, cursor });
    return { ...page, rows: page.rows.map((key) => shownKey(context, key)) };
  },
  createKey: (context: Context, { body }: Call<unknown, KeyBody & { name: string }>) => createKey(context, body),
  getKey: async (context: Context, { id = '' }: Call<unknown, unknown>) =>
    shownKey(context, await keyById(context, id)),
  updateKey: (context: Context, { id = '', body }: Call<unknown, KeyBody>) => updateKey(context, id, body),
  async revokeKey(context: Context, { id = '' }: Call<unknown, unknown>): Promise<undefined> {
    await revokeKeyById(context, id);
  },
  rotateKey: (context: Context, { id = '', body }: Call<unknown, { grace_seconds?: number }>) =>
    rotateKey(context, id, body?.grace_seconds ?? 86_400),
  importKeys: (context: Context, { body }: Call<unknown, Line[]>) => importKeys(context, body),
  async listScopes() {
    const rows = Object.entries(scopes).map(([scope, { description, includes = [] }]) => {
      return { scope, description, includes: [...includes] };
    });
    const all = { scope: '*', description: 'All that the user may do.', includes: [] };
    return { rows: [all, ...rows], count: rows.length + 1, next: null, previous: null };
  },
};
