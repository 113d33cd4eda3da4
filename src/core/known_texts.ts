/**
 * A function of a text that remembers what it has found: for what is asked of each request and has few answers. It forgets all
 * once there are too many, so that whoever sends ever new texts fills no memory.
 */
export function remembered<Result>(find: (text: string) => Result, most = 1000): (text: string) => Result {
  const known = new Map<string, Result>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = find(text);
    if (known.size >= most) known.clear();
    known.set(text, found);
    return found;
  };
}
