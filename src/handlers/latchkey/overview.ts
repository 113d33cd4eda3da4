import type { Context } from '../../core/context.ts';
import { overviewOf } from '../../core/overview/index.ts';

/** What the first page of a console shows. */
export const getOverview = (context: Context) => overviewOf(context);
