import type { Backfill } from '../../../generated/tables.ts';
import type { Json } from '../pipelines/row.ts';

/** A backfill as the table holds it, with its JSON columns as what they are and its pipeline's identifier. */
export type BackfillRow = Omit<Backfill, 'settings' | 'variables'> & {
  pipeline_uuid: string;
  account_id: number;
  settings: Json | null;
  variables: Json | null;
};
