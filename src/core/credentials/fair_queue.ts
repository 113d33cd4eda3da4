/** Whose turn a piece of work takes. */
export interface Lane {
  /** One after the other within it: whose attempt, and from where. */
  pair: string;
  /** Groups take turns, however much waits in each. */
  group: string;
  /** At most so much of one name waits at once; beyond it is refused. */
  bounds: readonly { name: string; most: number }[];
  /** Goes before all that are not, every other time. */
  first: boolean;
}

interface Waiting {
  lane: Lane;
  start(): void;
}

/** Groups whose last turn is remembered; forgetting them costs one round of fairness. */
const mostRemembered = 1000;

/** A queue that is full for this lane. */
export class Full extends Error {}

/** How much runs at once, waits for one pair, and waits in all. */
export interface Room {
  atOnce: number;
  perPair: number;
  inAll: number;
}

/**
 * Runs work so that nobody waits for what somebody else has piled up: so much at once, one at a time for each pair, the
 * groups in turn. Throws `Full`, at once and without running anything, where a bound is reached.
 */
export function fairly({ atOnce, perPair, inAll }: Room) {
  const waiting: Waiting[] = [];
  const busy = new Set<string>();
  /** When a group had its last turn; a count that only rises. */
  const served = new Map<string, number>();
  let turn = 0;
  let running = 0;
  let ordinary = false;

  const next = (): Waiting | undefined => {
    const ready = waiting.filter(({ lane }) => !busy.has(lane.pair));
    ordinary = !ordinary;
    const preferred = ready.filter(({ lane }) => lane.first !== ordinary);
    const from = preferred.length > 0 ? preferred : ready;
    const since = ({ lane }: Waiting) => served.get(lane.group) ?? 0;
    return from.reduce<Waiting | undefined>((best, one) => (best && since(best) <= since(one) ? best : one), undefined);
  };
  const look = () => {
    while (running < atOnce) {
      const chosen = next();
      if (!chosen) break;
      waiting.splice(waiting.indexOf(chosen), 1);
      running += 1;
      turn += 1;
      busy.add(chosen.lane.pair);
      served.set(chosen.lane.group, turn);
      chosen.start();
    }
    if (served.size > mostRemembered) served.clear();
  };
  /** Distinct pairs count for the bounds, so that one person's burst is not many people's. */
  const pairsOf = (name: string) =>
    new Set(
      waiting.filter(({ lane }) => lane.bounds.some((bound) => bound.name === name)).map(({ lane }) => lane.pair),
    );
  const isFull = ({ pair, bounds, first }: Lane) =>
    waiting.filter(({ lane }) => lane.pair === pair).length >= perPair ||
    (!first && waiting.filter(({ lane }) => !lane.first).length >= inAll) ||
    bounds.some(({ name, most }) => {
      const pairs = pairsOf(name);
      return !pairs.has(pair) && pairs.size >= most;
    });

  return async <T>(lane: Lane, work: () => Promise<T>): Promise<T> => {
    if (isFull(lane)) throw new Full();
    await new Promise<void>((start) => {
      waiting.push({ lane, start });
      look();
    });
    try {
      return await work();
    } finally {
      running -= 1;
      busy.delete(lane.pair);
      look();
    }
  };
}
