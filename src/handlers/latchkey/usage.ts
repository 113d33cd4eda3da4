import type { Call, Context } from '../../core/context.ts';
import { type ModelUsageQuery, modelReport } from '../../core/usage/model_report.ts';
import { type UsageQuery, usageReport } from '../../core/usage/report.ts';

/** Requests and refusals, counted by what is named. */
export function getUsage(context: Context, { query }: Call<UsageQuery, unknown>) {
  return usageReport(context, query);
}

/** Answers of models and their tokens, counted by what is named. */
export function getModelUsage(context: Context, { query }: Call<ModelUsageQuery, unknown>) {
  return modelReport(context, query);
}
