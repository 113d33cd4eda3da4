import type { Call, Context } from '../../core/context.ts';
import { type UsageQuery, usageReport } from '../../core/usage/report.ts';

/** Requests and refusals, counted by what is named. */
export function getUsage(context: Context, { query }: Call<UsageQuery, unknown>) {
  return usageReport(context, query);
}
