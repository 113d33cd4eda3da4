import type { Presenter } from '../endpoint.ts';
import type { PipelineExtra } from './collect.ts';
import type { PipelineRow } from './row.ts';

const common = [
  'blocks',
  'cache_block_output_in_memory',
  'callbacks',
  'concurrency_config',
  'conditionals',
  'created_at',
  'data_integration',
  'description',
  'executor_config',
  'executor_count',
  'executor_type',
  'history',
  'name',
  'notification_config',
  'remote_variables_dir',
  'retry_config',
  'run_pipeline_in_one_process',
  'schedules',
  'settings',
  'spark_config',
  'tags',
  'type',
  'updated_at',
  'uuid',
  'variables',
  'variables_dir',
  'widgets',
] as const;
/** Every attribute that is ever shown. */
export const whole = [...common, 'extensions'] as const;

/**
 * The attributes of docs/compat/mage.md: Attributes; `schedules`, `history` and `variables` are there when asked for or
 * set.
 */
export const presenter: Presenter<keyof (PipelineRow & PipelineExtra) & string> = {
  default: common,
  detail: whole,
  update: whole,
};
