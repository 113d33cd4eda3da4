import type { operations } from '../../../generated/mystic_v3.ts';
import { getFile } from '../mystic/files.ts';
import { handlers as v4 } from '../mystic/operations.ts';
import type { MysticHandlers } from '../mystic/types.ts';
import {
  createPipelineFile,
  downloadPipelineFile,
  finaliseMultipartUpload,
  initiateMultipartUpload,
  listPipelineFiles,
  openPipelineFile,
  presignPart,
  readStored,
  uploadPart,
} from './files.ts';
import { createV3Run, getV3Run } from './runs.ts';

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  listPipelineFiles,
  createPipelineFile,
  getPipelineFile: getFile,
  downloadPipelineFile,
  openPipelineFile,
  readPipelineFile: readStored('pipeline_files'),
  readRunFile: readStored('run_files'),

  initiateMultipartUpload,
  presignPart,
  uploadPart,
  finaliseMultipartUpload,

  createV3Run,
  getV3Run,

  validateV3Token: v4.validateToken,
  listV3Pipelines: v4.listPipelines,
  createV3Pipeline: v4.createPipeline,
  listV3Pointers: v4.listPointers,
  createV3Pointer: v4.createPointer,
  updateV3Pointer: v4.updatePointer,
  listResources: async () => [],
} satisfies MysticHandlers<operations>;
