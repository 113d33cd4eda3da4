import type { Pipeline } from '../../../generated/tables.ts';

export const pipelineTypes = [
  'integration',
  'databricks',
  'python',
  'pyspark',
  'streaming',
  'execution_framework',
] as const;
export type PipelineType = (typeof pipelineTypes)[number];

export type Json = Record<string, unknown>;
type JsonColumn =
  | 'concurrency_config'
  | 'executor_config'
  | 'extensions'
  | 'notification_config'
  | 'retry_config'
  | 'settings'
  | 'spark_config';

/** A pipeline as the table holds it, with its JSON columns and its type as what they are. */
export type PipelineRow = Omit<Pipeline, JsonColumn | 'data_integration' | 'type' | 'variables'> &
  Record<JsonColumn, Json> & { data_integration: Json | null; type: PipelineType; variables: Json | null };

/** A pipeline's identifier, from its name: the rule of docs/compat/mage.md: Identifiers. */
export function slug(name: string): string {
  const clean = name.replace(/[\uFEFF"$\r\n\t]/g, '').replace(/[^\p{L}\p{N}_]/gu, '_');
  return (/^\p{Nd}/u.test(clean) ? `letter_${clean}` : clean).toLowerCase();
}

/** Tags, trimmed, each there once. */
export function unique(tags: readonly string[]): string[] {
  return [...new Set(tags.map((tag) => tag.trim()))].filter((tag) => tag !== '');
}
