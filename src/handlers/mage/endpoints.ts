import { backfills as coreBackfills } from '../../core/backfills/index.ts';
import { oauthAccessTokens as coreTokens } from '../../core/oauth_access_tokens/index.ts';
import { pipelineRuns as coreRuns } from '../../core/pipeline_runs/index.ts';
import { pipelineSchedules as coreSchedules } from '../../core/pipeline_schedules/index.ts';
import { pipelines as corePipelines } from '../../core/pipelines/index.ts';
import type { Permission } from '../../core/roles/index.ts';
import { roles as coreRoles } from '../../core/roles/index.ts';
import { sessions as coreSessions } from '../../core/sessions/index.ts';
import { users as coreUsers } from '../../core/users/index.ts';
import { pythonTime, timed } from './time.ts';

// The core's endpoints in Mage's clothes: its way of writing times, and what of a role a session shows.

const stamped = <T extends { created_at: string; updated_at: string }>(row: T): T => ({
  ...row,
  created_at: pythonTime(row.created_at),
  updated_at: pythonTime(row.updated_at),
});
const permissions = (list: Permission[]) => list.map(stamped);

export const pipelines = timed(corePipelines, 'created_at');
export const oauthAccessTokens = timed(coreTokens, 'expires');
export const pipelineSchedules = timed(
  coreSchedules,
  'created_at',
  'last_enabled_at',
  'next_pipeline_run_date',
  'start_time',
  'updated_at',
);

const timedRoles = timed(coreRoles, 'created_at', 'updated_at');
export const roles = { ...timedRoles, render: { ...timedRoles.render, permissions } };

const timedUsers = timed(coreUsers, 'created_at', 'updated_at');
export const users: typeof coreUsers = {
  ...timedUsers,
  render: {
    ...timedUsers.render,
    permissions,
    roles_new: (list) => list.map((role) => ({ ...stamped(role), permissions: permissions(role.permissions) })),
  },
};

const timedSessions = timed(coreSessions, 'expires');
export const sessions: typeof coreSessions = {
  ...timedSessions,
  render: {
    ...timedSessions.render,
    user: (user) => ({ ...user, roles_new: user.roles_new.map(stamped) }),
  },
};

const timedRuns = timed(coreRuns, 'completed_at', 'created_at', 'execution_date', 'started_at', 'updated_at');
export const pipelineRuns: typeof coreRuns = {
  ...timedRuns,
  render: {
    ...timedRuns.render,
    block_runs: (parts) =>
      parts.map((part) => ({
        ...stamped(part),
        started_at: pythonTime(part.started_at),
        completed_at: pythonTime(part.completed_at),
      })),
  },
};

export const backfills = timed(
  coreBackfills,
  'created_at',
  'end_datetime',
  'start_datetime',
  'started_at',
  'updated_at',
);
