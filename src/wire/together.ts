/**
 * Does pieces of work at the end of this turn of the event loop, one behind the other. Answers that leave so wake whoever reads many of
 * our connections once, and not once for each: that costs a third of what a short answer costs.
 */
export function together(): (work: () => void) => void {
  let waiting: (() => void)[] = [];
  const begin = () => {
    const all = waiting;
    waiting = [];
    for (const work of all) work();
  };
  return (work) => {
    if (waiting.push(work) === 1) setImmediate(begin);
  };
}
