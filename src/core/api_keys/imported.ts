import type { Knex } from 'knex';

/** Whether there are keys of another system, whose form says nothing; and whether some of them by their SHA-512. */
export interface ImportedKeys {
  any: boolean;
  sha512: boolean;
}

/** Looks whether there are any. */
export async function importedKeys(db: Knex): Promise<ImportedKeys> {
  const { rows } = await db.raw<{ rows: ImportedKeys[] }>(
    `select exists (select from api_keys where imported) as any,
       exists (select from api_keys where imported and octet_length(hash) = 64) as sha512`,
  );
  return rows[0] as ImportedKeys;
}
