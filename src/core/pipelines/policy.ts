import type { Policy } from '../policy.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import type { PipelineExtra } from './collect.ts';
import { whole } from './presenter.ts';
import type { PipelineRow } from './row.ts';

/** docs/compat/mage.md: Pipelines, Listing, Identifiers, Changing. */
export const policy: Policy<PipelineRow, PipelineExtra> = {
  action: { list: viewer, detail: viewer, create: editor, update: editor, delete: editor },
  read: { ...each([...whole, 'public_id'], viewer), ...each(['id', 'account_id', 'container_url'], hidden) },
  write: {
    ...each(whole, { update: editor }),
    ...each(['name', 'type', 'description', 'tags', 'callbacks', 'conditionals', 'extensions'], editor),
    ...each(['clone_pipeline_uuid', 'custom_template_uuid'], { create: editor }),
    ...each(['add_upstream_for_block_uuid', 'pipeline_runs', 'pipeline_schedule_id', 'status'], { update: editor }),
    llm: editor,
  },
  query: {
    ...each(['from_history_days', 'repo_path', 'search', 'status[]', 'tag[]', 'type[]'], { list: viewer }),
    ...each(
      [
        'include_block_pipelines',
        'includes_block_metadata',
        'includes_content',
        'includes_extensions',
        'includes_outputs',
        'includes_outputs_spark',
        'max_results_for_block_outputs',
      ],
      { detail: viewer },
    ),
    include_schedules: { list: viewer, detail: viewer },
    update_content: { update: editor },
  },
};
