import type { LatchkeyOperations as operations } from '../../generated/clients/typescript/index.js';
import { ask, latchkey, once, Refusal } from './ask.ts';

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
export type ModelUsage = Json<'getModelUsage', 200>;
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

/** What a person did once, however often it is sent: its name. */
const named = (idempotencyKey: string) => ({ idempotencyKey });

/** All that the console asks of the server, each by its name in the contract. */
export const api = {
  signIn: (name: string, password: string) => {
    const who = name.includes('@') ? { email: name } : { username: name };
    return once(() => latchkey.sessions.create({ ...who, password, cookie: true }));
  },
  reauthenticate: (password: string) => once(() => latchkey.sessions.reauthenticate({ password })),
  signOut: () => once(() => latchkey.sessions.end('current')),
  inspectLink: (code: string) => once(() => latchkey.links.inspect({ code })),
  inspectDevice: (user_code: string) => ask(() => latchkey.sessions.inspectDevice({ user_code })),
  allowDevice: (user_code: string) => ask(() => latchkey.sessions.allowDevice({ user_code })),
  refuseDevice: (user_code: string) => ask(() => latchkey.sessions.refuseDevice({ user_code })),
  redeemLink: (code: string, password: string) => once(() => latchkey.links.redeem({ code, password })),
  me: () => ask(() => latchkey.me.get()),
  /** Whether the server is there again: any answer says so. */
  isThere: () => once(() => latchkey.me.get()).then(Boolean, (thrown) => thrown instanceof Refusal),
  keys: (query: Part & { state?: 'active'; user?: string; name?: string }) => ask(() => latchkey.keys.list(query)),
  sessions: () => ask(() => latchkey.sessions.list({ limit: 200 })),
  endSession: (id: string) => ask(() => latchkey.sessions.end(id)),
  endOtherSessions: () => ask(() => latchkey.sessions.endOther()),
  scopes: () => ask(() => latchkey.scopes.list()),
  createKey: (body: NewKey, attempt: string) => ask(() => latchkey.keys.create(body, named(attempt))),
  updateKey: (id: string, body: KeyChanges) => ask(() => latchkey.keys.update(id, body)),
  revokeKey: (id: string) => ask(() => latchkey.keys.revoke(id)),
  rotateKey: (id: string, grace_seconds: number, attempt: string) =>
    ask(() => latchkey.keys.rotate(id, { grace_seconds }, named(attempt))),
  key: (id: string) => ask(() => latchkey.keys.get(id)),
  keyAudit: (id: string, query: Part) => ask(() => latchkey.audit.listKey(id, query)),
  usage: (query: UsageQuery) => ask(() => latchkey.usage.get(query)),
  modelUsage: (query: Asked<'getModelUsage'>) => ask(() => latchkey.usage.getModel(query)),
  audit: (query: AuditFilter & Part) => ask(() => latchkey.audit.list(query)),
  auditHead: () => ask(() => latchkey.audit.getHead()),
  /** The lines as they came, for a file. */
  exportAudit: (query: AuditFilter): Promise<Blob> =>
    ask(async () => {
      let whole: Promise<Blob> | undefined;
      const onResponse = (response: Response) => {
        whole = response.clone().blob();
      };
      for await (const _line of latchkey.audit.export(query, { onResponse })) break;
      return whole as Promise<Blob>;
    }),
  webhooks: (query: Part) => ask(() => latchkey.webhooks.list(query)),
  webhook: (id: string) => ask(() => latchkey.webhooks.get(id)),
  createWebhook: (body: Taken<'createWebhook'>, attempt: string) =>
    ask(() => latchkey.webhooks.create(body, named(attempt))),
  updateWebhook: (id: string, body: Taken<'updateWebhook'>) => ask(() => latchkey.webhooks.update(id, body)),
  deleteWebhook: (id: string) => ask(() => latchkey.webhooks.delete(id)),
  rotateWebhookSecret: (id: string, attempt: string) => ask(() => latchkey.webhooks.rotateSecret(id, named(attempt))),
  deliveries: (id: string, query: Part & { state?: Delivery['state'] }) =>
    ask(() => latchkey.deliveries.list(id, query)),
  delivery: (id: string) => ask(() => latchkey.deliveries.get(id)),
  replayDelivery: (id: string, attempt: string) => ask(() => latchkey.deliveries.replay(id, named(attempt))),
  members: (query: Part & { query?: string }) => ask(() => latchkey.members.list(query)),
  updateMember: (id: string, body: Taken<'updateMember'>) => ask(() => latchkey.members.update(id, body)),
  removeMember: (id: string) => ask(() => latchkey.members.remove(id)),
  resetMember: (id: string, attempt: string) => ask(() => latchkey.members.resetPassword(id, named(attempt))),
  roles: () => ask(() => latchkey.roles.list()),
  invitations: (query: Part) => ask(() => latchkey.invitations.list(query)),
  invite: (body: Taken<'inviteMember'>, attempt: string) =>
    ask(() => latchkey.invitations.create(body, named(attempt))),
  endInvitation: (id: string) => ask(() => latchkey.invitations.end(id)),
  updateMe: (body: Taken<'updateMe'>) => ask(() => latchkey.me.update(body)),
  changePassword: (body: Taken<'changePassword'>) => ask(() => latchkey.me.changePassword(body)),

  overview: () => ask(() => latchkey.overview.get()),

  pipelines: (query: Part & { query?: string }) => ask(() => latchkey.pipelines.list(query)),
  pipeline: (id: string) => ask(() => latchkey.pipelines.get(id)),
  relations: (id: string) => ask(() => latchkey.pipelines.getRelations(id)),
  createPipeline: (body: Taken<'createPipeline'>, attempt: string) =>
    ask(() => latchkey.pipelines.create(body, named(attempt))),
  updatePipeline: (id: string, body: Taken<'updatePipeline'>) => ask(() => latchkey.pipelines.update(id, body)),
  deletePipeline: (id: string) => ask(() => latchkey.pipelines.delete(id)),
  container: (id: string) => ask(() => latchkey.pipelines.getContainer(id)),
  setContainer: (id: string, url: string | null) => ask(() => latchkey.pipelines.setContainer(id, { url })),

  runs: (query: Part & { pipeline?: string; state?: Run['state'] }) => ask(() => latchkey.runs.list(query)),
  triggeredRuns: (query: Part & { pipeline?: string }) => ask(() => latchkey.triggeredRuns.list(query)),
  run: (id: string) => ask(() => latchkey.runs.get(id)),
  output: (id: string) => ask(() => latchkey.runs.getOutput(id)),
  createRun: (id: string, inputs: RunValue[], attempt: string) =>
    ask(() => latchkey.runs.create(id, { inputs }, named(attempt))),
  cancelRun: (id: string) => ask(() => latchkey.runs.cancel(id)),
  deleteRun: (id: string) => ask(() => latchkey.runs.delete(id)),

  files: (query: Part & { name?: string }) => ask(() => latchkey.files.list(query)),
  /** Tells how much of the file is on its way, from 0 to 1. Throws the reason of the signal that ends it. */
  upload: (
    file: globalThis.File,
    attempt: string,
    { onProgress, signal }: { onProgress(part: number): void; signal: AbortSignal },
  ) =>
    ask(() =>
      latchkey.files.upload(
        { file },
        {
          ...named(attempt),
          signal,
          onProgress: (sent, total) => onProgress(total > 0 ? sent / total : 0),
        },
      ),
    ),
  deleteFile: (id: string) => ask(() => latchkey.files.delete(id)),
};
