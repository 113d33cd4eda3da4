import type { operations } from '../../../generated/mystic_v3.ts';
import { pointers } from '../../core/pointers/index.ts';
import { act } from '../../endpoint.ts';
import { getFile } from '../mystic/files.ts';
import { pointerGet } from '../mystic/shown.ts';
import { type MysticHandlers, one } from '../mystic/types.ts';
import {
  createPipelineFile,
  downloadPipelineFile,
  finaliseMultipartUpload,
  initiateMultipartUpload,
  listPipelineFiles,
  presignPart,
  uploadPart,
} from './files.ts';

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  listPipelineFiles,
  createPipelineFile,
  getPipelineFile: getFile,
  downloadPipelineFile,

  initiateMultipartUpload,
  presignPart,
  uploadPart,
  finaliseMultipartUpload,

  createV3Pointer: one(act(pointers, 'create'), pointerGet),
  updateV3Pointer: one(act(pointers, 'update'), pointerGet),
  listResources: async () => [],
} satisfies MysticHandlers<operations>;
