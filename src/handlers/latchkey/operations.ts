import type { operations } from '../../../generated/latchkey.ts';
import { auditHandlers } from './audit_log.ts';
import { deviceLoginHandlers } from './device_logins.ts';
import { fileHandlers } from './files.ts';
import { keyHandlers } from './keys.ts';
import { leakHandlers } from './leaks.ts';
import { linkHandlers } from './links.ts';
import { changePassword, getMe, updateMe } from './me.ts';
import { memberHandlers } from './members.ts';
import { getOverview } from './overview.ts';
import { pipelineHandlers } from './pipelines.ts';
import { runnerHandlers } from './runner_calls.ts';
import { runHandlers } from './runs.ts';
import { sessionHandlers } from './sessions.ts';
import type { LatchkeyHandlers } from './types.ts';
import { getModelUsage, getUsage } from './usage.ts';
import { forwardAuth, introspectToken, verifyKey } from './verification.ts';
import { webhookHandlers } from './webhooks.ts';

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  ...sessionHandlers,
  ...deviceLoginHandlers,
  getMe,
  updateMe,
  changePassword,
  ...linkHandlers,
  ...memberHandlers,
  ...keyHandlers,
  ...leakHandlers,
  verifyKey,
  introspectToken,
  forwardAuth,
  ...pipelineHandlers,
  ...runHandlers,
  ...runnerHandlers,
  ...fileHandlers,
  ...webhookHandlers,
  getUsage,
  getModelUsage,
  getOverview,
  ...auditHandlers,
} satisfies LatchkeyHandlers<operations>;
