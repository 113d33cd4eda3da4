import type { operations } from '../../generated/clients/typescript/latchkey.d.ts';
import { ask, client, once, Refusal } from './ask.ts';
import { upload } from './upload.ts';

export { Away, Declined, doors, Refusal } from './ask.ts';

type Json<Id extends keyof operations, Status extends number> = operations[Id]['responses'] extends {
  [status in Status]: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;
type Taken<Id extends keyof operations> = operations[Id] extends {
  requestBody?: { content: { 'application/json': infer Body } };
}
  ? Body
  : never;
type Asked<Id extends keyof operations> = NonNullable<operations[Id]['parameters']['query']>;

export type Key = Json<'getKey', 200>;
export type SecretKey = Json<'createKey', 201>;
export type Me = Json<'getMe', 200>;
export type Scope = Json<'listScopes', 200>['results'][number];
export type Session = Json<'listSessions', 200>['results'][number];
export type DeviceLogin = Json<'inspectDevice', 200>;
export type OneTimeLink = Json<'inspectLink', 200>;
export type Overview = Json<'getOverview', 200>;
export type Attention = Overview['attention'][number];
export type Pipeline = Json<'getPipeline', 200>;
export type Relations = Json<'getPipelineRelations', 200>;
export type Run = Json<'listRuns', 200>['results'][number];
export type RunDetail = Json<'getRun', 200>;
export type RunOutput = Json<'getRunOutput', 200>;
export type RunValue = RunDetail['inputs'][number];
export type TriggeredRun = Json<'listTriggeredRuns', 200>['results'][number];
export type File = Json<'getFile', 200>;
export type NewKey = Taken<'createKey'>;
export type KeyChanges = Taken<'updateKey'>;
export type Usage = Json<'getUsage', 200>;
export type UsageQuery = Asked<'getUsage'>;
export type Entry = Json<'listAudit', 200>['results'][number];
export type AuditFilter = Asked<'exportAudit'>;
export type AuditHead = Json<'getAuditHead', 200>;
export type Webhook = Json<'getWebhook', 200>;
export type NewWebhook = Json<'createWebhook', 201>;
export type Delivery = Json<'listDeliveries', 200>['results'][number];
export type DeliveryDetail = Json<'getDelivery', 200>;
export type Member = Json<'getMember', 200>;
export type Invitation = Json<'listInvitations', 200>['results'][number];
export type NewLink = Json<'inviteMember', 201>;
export type ResetLink = Json<'resetMemberPassword', 201>;

/** Where in a list one is. */
export interface Part {
  limit?: number;
  cursor?: string;
}

/** All that the console asks of the server, each by its name in the contract. */
export const api = {
  signIn: (name: string, password: string) => {
    const who = name.includes('@') ? { email: name } : { username: name };
    return once(() => client.POST('/sessions', { body: { ...who, password, cookie: true } }));
  },
  reauthenticate: (password: string) =>
    once(() => client.POST('/sessions/current/reauthenticate', { body: { password } })),
  signOut: () => once(() => client.DELETE('/sessions/{id}', { params: { path: { id: 'current' } } })),
  inspectLink: (code: string) => once(() => client.POST('/links/inspect', { body: { code } })),
  inspectDevice: (user_code: string) => ask(() => client.POST('/device-logins/inspect', { body: { user_code } })),
  allowDevice: (user_code: string) => ask(() => client.POST('/device-logins/allow', { body: { user_code } })),
  refuseDevice: (user_code: string) => ask(() => client.POST('/device-logins/refuse', { body: { user_code } })),
  redeemLink: (code: string, password: string) =>
    once(() => client.POST('/links/redeem', { body: { code, password } })),
  me: () => ask(() => client.GET('/me')),
  /** Whether the server is there again: any answer says so. */
  isThere: () => once(() => client.GET('/me')).then(Boolean, (thrown) => thrown instanceof Refusal),
  keys: (query: Part & { state?: 'active'; user?: string; name?: string }) =>
    ask(() => client.GET('/keys', { params: { query } })),
  sessions: () => ask(() => client.GET('/sessions', { params: { query: { limit: 200 } } })),
  endSession: (id: string) => ask(() => client.DELETE('/sessions/{id}', { params: { path: { id } } })),
  endOtherSessions: () => ask(() => client.DELETE('/sessions')),
  scopes: () => ask(() => client.GET('/scopes')),
  createKey: (body: NewKey, attempt: string) =>
    ask(() => client.POST('/keys', { body, params: { header: { 'Idempotency-Key': attempt } } })),
  updateKey: (id: string, body: KeyChanges) =>
    ask(() => client.PATCH('/keys/{id}', { body, params: { path: { id } } })),
  revokeKey: (id: string) => ask(() => client.DELETE('/keys/{id}', { params: { path: { id } } })),
  rotateKey: (id: string, grace_seconds: number, attempt: string) =>
    ask(() =>
      client.POST('/keys/{id}/rotate', {
        body: { grace_seconds },
        params: { path: { id }, header: { 'Idempotency-Key': attempt } },
      }),
    ),
  key: (id: string) => ask(() => client.GET('/keys/{id}', { params: { path: { id } } })),
  keyAudit: (id: string, query: Part) => ask(() => client.GET('/keys/{id}/audit', { params: { path: { id }, query } })),
  usage: (query: UsageQuery) => ask(() => client.GET('/usage', { params: { query } })),
  audit: (query: AuditFilter & Part) => ask(() => client.GET('/audit', { params: { query } })),
  auditHead: () => ask(() => client.GET('/audit/head')),
  exportAudit: (query: AuditFilter): Promise<Blob> =>
    ask(() => client.GET('/audit/export', { params: { query }, parseAs: 'blob' })),
  webhooks: (query: Part) => ask(() => client.GET('/webhooks', { params: { query } })),
  webhook: (id: string) => ask(() => client.GET('/webhooks/{id}', { params: { path: { id } } })),
  createWebhook: (body: Taken<'createWebhook'>, attempt: string) =>
    ask(() => client.POST('/webhooks', { body, params: { header: { 'Idempotency-Key': attempt } } })),
  updateWebhook: (id: string, body: Taken<'updateWebhook'>) =>
    ask(() => client.PATCH('/webhooks/{id}', { body, params: { path: { id } } })),
  deleteWebhook: (id: string) => ask(() => client.DELETE('/webhooks/{id}', { params: { path: { id } } })),
  rotateWebhookSecret: (id: string, attempt: string) =>
    ask(() =>
      client.POST('/webhooks/{id}/rotate-secret', { params: { path: { id }, header: { 'Idempotency-Key': attempt } } }),
    ),
  deliveries: (id: string, query: Part & { state?: Delivery['state'] }) =>
    ask(() => client.GET('/webhooks/{id}/deliveries', { params: { path: { id }, query } })),
  delivery: (id: string) => ask(() => client.GET('/deliveries/{id}', { params: { path: { id } } })),
  replayDelivery: (id: string, attempt: string) =>
    ask(() =>
      client.POST('/deliveries/{id}/replay', { params: { path: { id }, header: { 'Idempotency-Key': attempt } } }),
    ),
  members: (query: Part & { query?: string }) => ask(() => client.GET('/members', { params: { query } })),
  updateMember: (id: string, body: Taken<'updateMember'>) =>
    ask(() => client.PATCH('/members/{id}', { body, params: { path: { id } } })),
  removeMember: (id: string) => ask(() => client.DELETE('/members/{id}', { params: { path: { id } } })),
  resetMember: (id: string, attempt: string) =>
    ask(() =>
      client.POST('/members/{id}/password-reset', {
        params: { path: { id }, header: { 'Idempotency-Key': attempt } },
      }),
    ),
  roles: () => ask(() => client.GET('/roles')),
  invitations: (query: Part) => ask(() => client.GET('/invitations', { params: { query } })),
  invite: (body: Taken<'inviteMember'>, attempt: string) =>
    ask(() => client.POST('/invitations', { body, params: { header: { 'Idempotency-Key': attempt } } })),
  endInvitation: (id: string) => ask(() => client.DELETE('/invitations/{id}', { params: { path: { id } } })),
  updateMe: (body: Taken<'updateMe'>) => ask(() => client.PATCH('/me', { body })),
  changePassword: (body: Taken<'changePassword'>) => ask(() => client.PUT('/me/password', { body })),

  overview: () => ask(() => client.GET('/overview')),

  pipelines: (query: Part & { query?: string }) => ask(() => client.GET('/pipelines', { params: { query } })),
  pipeline: (id: string) => ask(() => client.GET('/pipelines/{id}', { params: { path: { id } } })),
  relations: (id: string) => ask(() => client.GET('/pipelines/{id}/relations', { params: { path: { id } } })),
  createPipeline: (body: Taken<'createPipeline'>, attempt: string) =>
    ask(() => client.POST('/pipelines', { body, params: { header: { 'Idempotency-Key': attempt } } })),
  updatePipeline: (id: string, body: Taken<'updatePipeline'>) =>
    ask(() => client.PATCH('/pipelines/{id}', { body, params: { path: { id } } })),
  deletePipeline: (id: string) => ask(() => client.DELETE('/pipelines/{id}', { params: { path: { id } } })),
  container: (id: string) => ask(() => client.GET('/pipelines/{id}/container', { params: { path: { id } } })),
  setContainer: (id: string, url: string | null) =>
    ask(() => client.PUT('/pipelines/{id}/container', { body: { url }, params: { path: { id } } })),

  runs: (query: Part & { pipeline?: string; state?: Run['state'] }) =>
    ask(() => client.GET('/runs', { params: { query } })),
  triggeredRuns: (query: Part & { pipeline?: string }) =>
    ask(() => client.GET('/triggered-runs', { params: { query } })),
  run: (id: string) => ask(() => client.GET('/runs/{id}', { params: { path: { id } } })),
  output: (id: string) => ask(() => client.GET('/runs/{id}/output', { params: { path: { id } } })),
  createRun: (id: string, inputs: RunValue[], attempt: string) =>
    ask(() =>
      client.POST('/pipelines/{id}/runs', {
        body: { inputs },
        params: { path: { id }, header: { 'Idempotency-Key': attempt } },
      }),
    ),
  cancelRun: (id: string) => ask(() => client.POST('/runs/{id}/cancel', { params: { path: { id } } })),
  deleteRun: (id: string) => ask(() => client.DELETE('/runs/{id}', { params: { path: { id } } })),

  files: (query: Part & { name?: string }) => ask(() => client.GET('/files', { params: { query } })),
  upload: (file: globalThis.File, attempt: string, progress: Parameters<typeof upload>[2]) =>
    upload<File>(file, attempt, progress),
  deleteFile: (id: string) => ask(() => client.DELETE('/files/{id}', { params: { path: { id } } })),
};
