import { type AuditFilter, auditHead, auditLines, auditOfKey, auditPage } from '../../core/audit_chain/entries.ts';
import type { Call, Context } from '../../core/context.ts';
import { Streamed } from '../../wire/streamed.ts';

/** What happened, and whether the log of it is as it was written. */
export const auditHandlers = {
  listAudit: (context: Context, { query, page: { limit = 20, cursor } }: Call<AuditFilter, unknown>) =>
    auditPage(context, query, { limit, cursor }),
  listKeyAudit: (context: Context, { id = '', page: { limit = 20, cursor } }: Call<unknown, unknown>) =>
    auditOfKey(context, id, { limit, cursor }),
  async exportAudit(context: Context, { query }: Call<AuditFilter, unknown>) {
    return new Streamed({ headers: { 'Content-Type': 'application/x-ndjson' }, body: auditLines(context, query) });
  },
  getAuditHead: (context: Context) => auditHead(context),
};
