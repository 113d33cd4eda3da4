import type { Context } from '../context.ts';
import { admit, type Policy, permitRow } from '../policy.ts';
import { accountOf, editor } from '../rules.ts';
import { finish, giveBack, type Held, takeForRunner } from '../runs/lease.ts';
import { failed, type Pace, unhurried } from '../runs/row.ts';
import { settleLostBlocks } from './lost_blocks.ts';
import { type RunInHand, runInHand } from './run_in_hand.ts';

const work = { name: 'runner', policy: { action: { update: editor } as Policy<never>['action'] } };

/** Whether the caller may work on runs of their account. Throws `forbidden`. */
export function permitRunner(context: Context): void {
  permitRow(work, 'update', admit(work, 'update', context), context, undefined);
}

/**
 * Takes the oldest run of the account that nobody has in hand, and waits for one where there is none, as long as somebody listens; `wait` in
 * milliseconds. A run that was taken too often is ended instead: it may be what ends its runners.
 */
export async function takeRun(context: Context, wait: number, pace: Pace = unhurried): Promise<RunInHand | null> {
  permitRunner(context);
  const { house, whenGone } = context;
  const account = accountOf(context);
  const until = performance.now() + wait;
  const leaving = new AbortController();
  const left = leaving.signal;
  whenGone?.(() => leaving.abort());
  for (;;) {
    const [held] = await takeForRunner(house.db, pace, account, 1);
    if (held && left.aborted) {
      await giveBack(house, held, 'queued');
      return null;
    }
    if (held && held.attempts > pace.attempts) {
      await finish(house, held, failed(`The run was begun ${pace.attempts} times and never ended`), 0);
      continue;
    }
    if (held) return handedOut(context, held, pace);
    const rest = until - performance.now();
    if (rest <= 0 || !(await house.waitingRunners.wait(account, rest, left))) return null;
  }
}

async function handedOut({ house }: Context, held: Held, pace: Pace): Promise<RunInHand> {
  return house.db.transaction(async (db) => {
    await settleLostBlocks(db, held);
    return runInHand({ ...house, db }, held, pace);
  });
}
