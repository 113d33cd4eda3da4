import type { operations } from '../../../generated/maiagent.ts';
import { pipelinesById } from '../../core/pipelines/by_id.ts';
import { currentUser, renameUser } from '../../core/users/current.ts';
import { attachments } from './attachments.ts';
import { login, logout, refreshToken, verifyToken } from './auth.ts';
import { doing, listing } from './pages.ts';
import type { MaiagentHandlers } from './types.ts';
import { createPresignedUpload, downloadFile, uploadFile } from './uploads.ts';

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  login,
  logout,
  refreshToken,
  verifyToken,

  getCurrentUser: currentUser,
  replaceCurrentUser: renameUser,
  updateCurrentUser: renameUser,

  listPipelines: listing(pipelinesById),
  createPipeline: doing(pipelinesById, 'create'),
  getPipeline: doing(pipelinesById, 'detail'),
  replacePipeline: doing(pipelinesById, 'update'),
  updatePipeline: doing(pipelinesById, 'update'),
  deletePipeline: doing(pipelinesById, 'delete'),

  listAttachments: listing(attachments),
  createAttachment: doing(attachments, 'create'),
  uploadAttachment: doing(attachments, 'create'),
  getAttachment: doing(attachments, 'detail'),
  replaceAttachment: doing(attachments, 'update'),
  updateAttachment: doing(attachments, 'update'),
  deleteAttachment: doing(attachments, 'delete'),

  createPresignedUpload,
  uploadFile,
  downloadFile,
} satisfies MaiagentHandlers<operations>;
