import type { Action, Context } from '../core/context.ts';
import type { Endpoint } from '../core/endpoint.ts';
import { admit, permitRow } from '../core/policy.ts';

/** Work, with the policy's word on the action before its body is looked at: nobody uploads what they may not. */
export function permitting<Row, Extra, Parent, Prepared, Work>(
  endpoint: Endpoint<Row, Extra, Parent, Prepared>,
  action: Action,
  work: Work,
): Work & { permits(context: Context): void } {
  const permits = (context: Context) =>
    permitRow(endpoint, action, admit(endpoint, action, context), context, undefined);
  return Object.assign(work as object, { permits }) as Work & { permits(context: Context): void };
}
