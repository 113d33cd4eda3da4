/**
 * How many deliveries one process has under way at once: to one key, endpoint or inbox, for one user, to one address, for one account, and in
 * all. Each is more than the one before: who answers slowly holds nobody else up. And how many mails, and readings of files.
 */
const bounds = { key: 2, hook: 2, inbox: 2, user: 6, address: 10, account: 20, all: 30, mail: 4, reading: 2 };

/** How many jobs one process has in hand: so many that deliveries never keep anything else waiting. */
export const places = bounds.all + 10;

/** Whose delivery it is, and where to. */
export interface Receiver {
  id: number;
  user_id: number;
  account_id: number;
  webhook_url: string;
}

/** What a delivery counts against, as flags of its job. */
export function flagsOf({ id, user_id, account_id, webhook_url }: Receiver): string[] {
  return [`key ${id}`, `user ${user_id}`, `address ${new URL(webhook_url).host}`, `account ${account_id}`, 'all'];
}

/** The same for an endpoint of an account. */
export function flagsOfHook({ id, account_id, url }: { id: string; account_id: number; url: string }): string[] {
  return [`hook ${id}`, `address ${new URL(url).host}`, `account ${account_id}`, 'all'];
}

/** Counts what is under way. */
export interface Turns {
  /** Counts one more, and gives what ends it; undefined where one of its flags is at its bound. */
  enter(flags: readonly string[]): (() => void) | undefined;
  /** The flags that are at their bound: jobs that have one are not to be taken up. */
  full(): string[];
}

export function turns(): Turns {
  const underWay = new Map<string, number>();
  const isFull = (flag: string) => {
    const most = bounds[flag.split(' ')[0] as keyof typeof bounds] ?? places;
    return (underWay.get(flag) ?? 0) >= most;
  };
  const count = (flags: readonly string[], by: 1 | -1) => {
    for (const flag of flags) {
      const now = (underWay.get(flag) ?? 0) + by;
      if (now > 0) underWay.set(flag, now);
      else underWay.delete(flag);
    }
  };
  return {
    enter(flags) {
      if (flags.some(isFull)) return undefined;
      count(flags, 1);
      return () => count(flags, -1);
    },
    full: () => [...underWay.keys()].filter(isFull),
  };
}
