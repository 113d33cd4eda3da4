import pluralize from 'pluralize';
import { Failure } from '../../contract/failure.ts';

/** What Mage 0.9.79 serves below its base path, by the first word of its routes, and we do not (docs/compat/mage.md: Not served). */
const unserved = new Set(
  `autocomplete_items block_execution_frameworks block_layout_items block_outputs
  block_templates browser_items cache_items client_pages clusters code_executions command_center_items
  compute_clusters compute_connections compute_services configuration_options custom_designs custom_templates
  data_providers downloads event_matchers event_rules events execution_frameworks execution_outputs execution_states
  extension_options extensions file_versions files folders git_branches
  git_custom_branches git_files global_data_products global_hooks integration_destinations
  integration_source_streams integration_sources interactions kernel_processes kernels llms monitor_stats oauths
  page_block_layouts pipeline_execution_frameworks pipeline_interactions
  pipeline_triggers projects pull_requests role_permissions schedulers search_results seeds
  server_sent_events spark_applications spark_environments spark_executors spark_jobs spark_sqls
  spark_stage_attempt_task_summaries spark_stage_attempt_tasks spark_stage_attempts spark_stages spark_threads syncs tags
  user_roles version_control_branches version_control_files version_control_projects
  version_control_remotes widgets workspaces`.split(/\s+/),
);

/** What we serve, but under other parents. */
const elsewhere = new Set([
  'block_runs',
  'blocks',
  'logs',
  'outputs',
  'pipeline_runs',
  'pipeline_schedules',
  'variables',
]);

/** Those that Mage answers without a key. */
const keyless = /^\/(downloads|events|event_matchers)(\/.*)?$/;

/**
 * The failure of a path that Mage has and we do not serve; undefined for any other path. It is none of Mage's own answers,
 * for Mage would do what was asked (docs/adr/0015).
 */
export function unservedAt(path: string): Failure | undefined {
  const [, resource = '', , child] = path.split('/');
  const name = [child, resource].find(
    (word) => word !== undefined && (unserved.has(word) || unserved.has(pluralize.plural(word))),
  );
  const misplaced = child !== undefined && elsewhere.has(child) ? `${child} of ${resource}` : undefined;
  if (name === undefined && misplaced === undefined) return undefined;
  const where = 'What it serves of Mage is listed at /docs/reference/mage, and what it does not at /docs/compat/mage.';
  return new Failure('not_found', `Latchkey does not serve ${name ?? misplaced}. ${where}`, {
    reason: { missing: 'service' },
  });
}

/** Refuses what takes no key before one is asked for: who has none would hear of a wrong one. Throws `not_found`. */
export function refuseKeyless(path: string): void {
  const failure = keyless.test(path) ? unservedAt(path) : undefined;
  if (failure) throw failure;
}
