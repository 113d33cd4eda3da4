export { bind } from './bind.ts';
export { type Connection, connect } from './connection.ts';
export type { ServerEvent } from './follow.ts';
export type { List } from './list_of.ts';
export type {
  CallOptions,
  ConditionalOptions,
  FollowOptions,
  IdempotentOptions,
  LatchkeyOptions,
  UploadOptions,
} from './options.ts';
