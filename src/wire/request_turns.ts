import { networkOf } from '../core/ip_network.ts';

/** So many pieces of one network are done in one turn of the event loop; the rest waits for the next one. */
const atOnce = 4;

/** Waiting work by network, in the order in which they began to wait. */
type Queues = Map<string, (() => void)[]>;

/**
 * Gives everybody's requests their turn: whoever sends hundreds at once has a few of them looked at in each turn of the
 * event loop, so that what somebody else sends meanwhile, and what the others' bodies, hashes and statements go on with,
 * stands behind those few and not behind all. Nothing is refused, and what one network sends stays in its order.
 */
export function turns(soon: (look: () => void) => void = setImmediate) {
  /** How many each network has had in this turn of the loop. */
  const had = new Map<string, number>();
  const waiting: Queues = new Map();
  let called = false;

  const call = () => {
    if (called) return;
    called = true;
    soon(look);
  };
  const look = () => {
    called = false;
    had.clear();
    for (const [network, queue] of waiting) {
      const pieces = queue.splice(0, atOnce);
      had.set(network, pieces.length);
      if (queue.length === 0) waiting.delete(network);
      for (const piece of pieces) piece();
    }
    if (had.size > 0) call();
  };

  return (address: string, work: () => void): void => {
    const network = networkOf(address);
    const count = had.get(network) ?? 0;
    const queue = waiting.get(network);
    call();
    if (queue) return void queue.push(work);
    if (count >= atOnce) return void waiting.set(network, [work]);
    had.set(network, count + 1);
    work();
  };
}
