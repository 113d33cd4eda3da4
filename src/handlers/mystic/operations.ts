import type { operations } from '../../../generated/mystic.ts';
import { tokens } from '../../core/api_keys/tokens.ts';
import type { Call, Context } from '../../core/context.ts';
import { clones, deployments, versions } from '../../core/deployments/index.ts';
import { act } from '../../core/endpoint.ts';
import { pipelineFamilies } from '../../core/pipeline_families/index.ts';
import { pointers } from '../../core/pointers/index.ts';
import { scalingConfigs } from '../../core/scaling_configs/index.ts';
import { createFile, deleteFile, getFile, listFiles } from './files.ts';
import { getRegistry, startUpload } from './registry.ts';
import { runHandlers } from './runs.ts';
import { endCliSession, openCliSession } from './sessions.ts';
import {
  familyGet,
  pipelineDetailed,
  pipelineGet,
  pipelineName,
  pointerGet,
  scalingConfigGet,
  tokenGet,
  version,
} from './shown.ts';
import { type MysticHandlers, nothing, one, page } from './types.ts';
import { getMe, getUser } from './users.ts';

const named = (format: string) => (context: Context, call: Call) =>
  act(deployments, 'detail')(context, { ...call, format });
const listedBy = (endpoint: typeof deployments, format: string) => (context: Context, call: Call) =>
  act(endpoint, 'list')(context, { ...call, format });

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  validateToken: async () => undefined,
  listTokens: page(act(tokens, 'list'), tokenGet),
  createToken: one(act(tokens, 'create'), tokenGet),
  getToken: one(act(tokens, 'detail'), tokenGet),
  updateToken: one(act(tokens, 'update'), tokenGet),
  deleteToken: nothing(act(tokens, 'delete')),

  openCliSession,
  endCliSession,

  getMe,
  getUser,

  listPipelines: page(act(deployments, 'list'), pipelineGet),
  createPipeline: one(act(deployments, 'create'), pipelineGet),
  getPipeline: one(act(deployments, 'detail'), pipelineDetailed),
  getPipelineByPointer: one(act(deployments, 'detail'), pipelineDetailed),
  updatePipeline: one(act(deployments, 'update'), pipelineDetailed),
  deletePipeline: nothing(act(deployments, 'delete')),
  listPipelinesByFamily: page(listedBy(versions, 'versions'), version),
  listOwnedOrUsedPipelines: one(listedBy(deployments, 'names'), ({ rows }) => rows.map(pipelineName)),
  getPipelineReadme: one(named('readme'), ({ readme }) => (readme === null ? {} : { readme })),
  getPipelineScaling: one(named('readme'), () => ({
    current_replicas: 0,
    desired_replicas: 0,
    current_pipeline_states: {},
  })),
  clonePipeline: one(
    (context, { id, ...call }) =>
      act(clones, 'create')(context, { ...call, ...(id !== undefined && { parentId: id }) }),
    pipelineGet,
  ),

  listPipelineFamilies: page(act(pipelineFamilies, 'list'), familyGet),
  getPipelineFamily: one(act(pipelineFamilies, 'detail'), familyGet),

  listPointers: page(act(pointers, 'list'), pointerGet),
  createPointer: one(act(pointers, 'create'), pointerGet),
  updatePointer: one(act(pointers, 'update'), pointerGet),
  deletePointer: nothing(act(pointers, 'delete')),

  listScalingConfigs: page(act(scalingConfigs, 'list'), scalingConfigGet),
  createScalingConfig: one(act(scalingConfigs, 'create'), scalingConfigGet),
  getScalingConfig: one(act(scalingConfigs, 'detail'), scalingConfigGet),
  updateScalingConfig: one(act(scalingConfigs, 'update'), scalingConfigGet),
  deleteScalingConfig: nothing(act(scalingConfigs, 'delete')),

  ...runHandlers,

  listFiles,
  createFile,
  getFile,
  deleteFile,

  getStartupLogs: one(named('readme'), () => ({ log_entries: [] })),
  getRegistry,
  startUpload,
} satisfies MysticHandlers<operations>;
