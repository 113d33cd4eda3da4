import type { Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { anyone, each } from '../rules.ts';

interface StatusRow {
  disable_pipeline_edit_access: boolean;
  instance_type: string;
  is_instance_manager: boolean;
  max_print_output_lines: number;
  project_type: string;
  project_uuid: string | null;
  repo_path: string;
  repo_path_relative: string;
  repo_path_relative_root: string;
  repo_path_root: string;
  require_user_authentication: boolean;
  require_user_permissions: boolean;
  scheduler_process_id: number | null;
  scheduler_status: string;
  server_process_id: number | null;
}

interface Extra {
  active_pipeline_run_count: number;
  last_scheduler_activity: string | null;
  last_user_request: string | null;
}

/** Where the pipelines of an installation are said to live: Latchkey keeps them in its database, not in a folder. */
export const repoPath = 'default_repo';

const names = [
  'is_instance_manager',
  'max_print_output_lines',
  'repo_path',
  'repo_path_relative',
  'repo_path_relative_root',
  'repo_path_root',
  'server_process_id',
  'scheduler_process_id',
  'scheduler_status',
  'instance_type',
  'disable_pipeline_edit_access',
  'require_user_authentication',
  'require_user_permissions',
  'project_type',
  'project_uuid',
] as const;
const details = ['active_pipeline_run_count', 'last_scheduler_activity', 'last_user_request'] as const;

function status({ house }: Context): StatusRow {
  return {
    disable_pipeline_edit_access: false,
    instance_type: 'server_and_scheduler',
    is_instance_manager: false,
    max_print_output_lines: 1000,
    project_type: 'standalone',
    project_uuid: null,
    repo_path: repoPath,
    repo_path_relative: repoPath,
    repo_path_relative_root: repoPath,
    repo_path_root: repoPath,
    require_user_authentication: house.config.requireUserAuthentication,
    require_user_permissions: false,
    // Process ids are nobody's business outside, and nothing is scheduled here yet.
    scheduler_process_id: null,
    scheduler_status: 'stopped',
    server_process_id: null,
  };
}

/** What anybody may know of the server, without credentials: clients ask it whether they have to sign in. */
export const statuses: Endpoint<StatusRow, Extra> = {
  name: 'statuses',
  resource: { list: async (context) => ({ rows: [status(context)], offset: 0 }) },
  policy: { action: { list: anyone }, read: each([...names, ...details], anyone), write: {}, query: {} },
  presenter: { default: names, with_activity_details: [...names, ...details] },
  collect: {
    active_pipeline_run_count: (_context, rows) => rows.map(() => 0),
    last_scheduler_activity: (_context, rows) => rows.map(() => null),
    last_user_request: (_context, rows) => rows.map(() => null),
  },
};
