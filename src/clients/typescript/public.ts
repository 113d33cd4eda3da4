export type { ServerEvent } from './follow.ts';
export {
  Conflict,
  Forbidden,
  Invalid,
  LatchkeyError,
  NotFound,
  TooMany,
  Unauthenticated,
  Unavailable,
} from './latchkey_error.ts';
export type { List } from './list_of.ts';
export type {
  CallOptions,
  ConditionalOptions,
  FollowOptions,
  IdempotentOptions,
  LatchkeyOptions,
  SessionTokens,
  UploadOptions,
} from './options.ts';
export { verifyWebhook, type WebhookHeaders, WebhookRefused } from './verify_webhook.ts';
