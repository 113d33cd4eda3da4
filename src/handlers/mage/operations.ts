import type { operations } from '../../../generated/mage.ts';
import { blockOutputs } from '../../core/block_runs/block_outputs.ts';
import { blockRuns } from '../../core/block_runs/index.ts';
import { blocksOfRun } from '../../core/blocks/blocks_of_run.ts';
import { anyBlocks, blocks } from '../../core/blocks/index.ts';
import { act } from '../../core/endpoint.ts';
import { fileContents } from '../../core/file_contents/index.ts';
import { logs, noLogs } from '../../core/logs/index.ts';
import { knownColumns } from '../../core/pipeline_runs/columns.ts';
import { secrets } from '../../core/secrets/index.ts';
import { statuses } from '../../core/statuses/index.ts';
import { variables } from '../../core/variables/index.ts';
import {
  backfills,
  oauthAccessTokens,
  pipelineRuns,
  pipelineSchedules,
  pipelines,
  roles,
  sessions,
  users,
} from './endpoints.ts';
import { blockRun, fired } from './firing.ts';
import type { MageHandlers } from './types.ts';

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  listSessions: act(sessions, 'list'),
  createSession: act(sessions, 'create'),
  getSession: act(sessions, 'detail'),
  updateSession: act(sessions, 'update'),
  deleteSession: act(sessions, 'delete'),

  listUsers: act(users, 'list'),
  createUser: act(users, 'create'),
  getUser: act(users, 'detail'),
  updateUser: act(users, 'update'),
  deleteUser: act(users, 'delete'),

  listRoles: act(roles, 'list'),
  createRole: act(roles, 'create'),
  getRole: act(roles, 'detail'),
  updateRole: act(roles, 'update'),
  deleteRole: act(roles, 'delete'),

  listPipelines: act(pipelines, 'list'),
  createPipeline: act(pipelines, 'create'),
  getPipeline: act(pipelines, 'detail'),
  updatePipeline: act(pipelines, 'update'),
  deletePipeline: act(pipelines, 'delete'),

  listBlocksOfPipeline: act(blocks, 'list'),
  createBlockOfPipeline: act(blocks, 'create'),
  getBlockOfPipeline: act(blocks, 'detail'),
  updateBlockOfPipeline: act(anyBlocks, 'update'),
  deleteBlockOfPipeline: act(blocks, 'delete'),
  listBlocks: act(blocks, 'list'),
  createBlock: act(blocks, 'create'),
  getBlock: act(blocks, 'detail'),
  deleteBlock: act(blocks, 'delete'),

  listPipelineSchedules: act(pipelineSchedules, 'list'),
  createPipelineSchedule: act(pipelineSchedules, 'create'),
  getPipelineSchedule: act(pipelineSchedules, 'detail'),
  updatePipelineSchedule: act(pipelineSchedules, 'update'),
  deletePipelineSchedule: act(pipelineSchedules, 'delete'),

  listSchedulesOfPipeline: act(pipelineSchedules, 'list'),
  createScheduleOfPipeline: act(pipelineSchedules, 'create'),
  getScheduleOfPipeline: act(pipelineSchedules, 'detail'),
  updateScheduleOfPipeline: act(pipelineSchedules, 'update'),
  deleteScheduleOfPipeline: act(pipelineSchedules, 'delete'),

  listPipelineRuns: act(pipelineRuns, 'list'),
  getPipelineRun: act(pipelineRuns, 'detail'),
  updatePipelineRun: act(pipelineRuns, 'update'),
  deletePipelineRun: act(pipelineRuns, 'delete'),
  getRunOfPipeline: act(pipelineRuns, 'detail'),
  updateRunOfPipeline: act(pipelineRuns, 'update'),
  deleteRunOfPipeline: act(pipelineRuns, 'delete'),
  listRunsOfSchedule: act(pipelineRuns, 'list'),
  createPipelineRun: knownColumns(act(pipelineRuns, 'create')),
  createRunOfSchedule: knownColumns(act(pipelineRuns, 'create')),
  fireByPath: fired,
  fireByBearer: fired,

  runBlock: blockRun,
  runBlockByPath: blockRun,

  listBackfills: act(backfills, 'list'),
  getBackfill: act(backfills, 'detail'),
  updateBackfill: act(backfills, 'update'),
  deleteBackfill: act(backfills, 'delete'),
  listBackfillsOfPipeline: act(backfills, 'list'),
  createBackfill: act(backfills, 'create'),
  getBackfillOfPipeline: act(backfills, 'detail'),
  updateBackfillOfPipeline: act(backfills, 'update'),
  deleteBackfillOfPipeline: act(backfills, 'delete'),

  createFileContent: act(fileContents, 'create'),
  getFileContent: act(fileContents, 'detail'),
  updateFileContent: act(fileContents, 'update'),

  listBlocksOfRun: act(blocksOfRun, 'list'),
  listBlockRuns: act(blockRuns, 'list'),
  listBlockRunsOfRun: act(blockRuns, 'list'),
  getBlockRun: act(blockRuns, 'detail'),
  listOutputsOfBlockRun: act(blockOutputs, 'list'),
  listLogsOfPipeline: act(logs, 'list'),
  listLogs: act(noLogs, 'list'),
  listLogsOfRun: act(noLogs, 'list'),

  listVariables: act(variables, 'list'),
  createVariable: act(variables, 'create'),
  getVariable: act(variables, 'detail'),
  updateVariable: act(variables, 'update'),
  deleteVariable: act(variables, 'delete'),

  listSecrets: act(secrets, 'list'),
  createSecret: act(secrets, 'create'),
  getSecret: act(secrets, 'detail'),
  updateSecret: act(secrets, 'update'),
  deleteSecret: act(secrets, 'delete'),

  listOauthAccessTokens: act(oauthAccessTokens, 'list'),
  listStatuses: act(statuses, 'list'),
  createStatus: act(statuses, 'create'),
} satisfies MageHandlers<operations>;
