/**
 * Has pieces acted on at the end of this turn of the event loop, all at once. Answers that leave so, one close behind the other, wake whoever
 * reads many of our connections once, and not once for each: that costs a third of what a short answer costs.
 */
export function together<Piece>(act: (all: readonly Piece[]) => void): (piece: Piece) => void {
  let waiting: Piece[] = [];
  const begin = () => {
    const all = waiting;
    waiting = [];
    act(all);
  };
  return (piece) => {
    if (waiting.push(piece) === 1) setImmediate(begin);
  };
}
