import { describe, expect, it } from 'vitest';
import { turns } from '../../src/wire/request_turns.ts';

/** A loop whose turns are taken by hand. */
function stage() {
  const looks: (() => void)[] = [];
  const done: string[] = [];
  const inTurn = turns((look) => void looks.push(look));
  return {
    done,
    send: (address: string, name: string) => inTurn(address, () => void done.push(name)),
    /** The next turn of the loop; what was done in it. */
    turn() {
      const before = done.length;
      looks.shift()?.();
      return done.slice(before);
    },
  };
}

const names = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${index}`);

describe('A4: the turns of requests', () => {
  it('A4: what is alone is done at once', () => {
    const { send, done } = stage();
    send('192.0.2.1', 'a');
    expect(done).toEqual(['a']);
  });

  it('A4: of hundreds that one address sends, four are done in a turn; somebody else stands behind those, not behind all', () => {
    const { send, done, turn } = stage();
    for (const name of names('a', 300)) send('192.0.2.1', name);
    send('192.0.2.2', 'b0');
    expect(done).toEqual(['a0', 'a1', 'a2', 'a3', 'b0']);
    expect(turn()).toEqual(['a4', 'a5', 'a6', 'a7']);
    for (const name of names('c', 6)) send('192.0.2.3', name);
    expect(done.slice(-4)).toEqual(['c0', 'c1', 'c2', 'c3']);
    expect(turn()).toEqual(['a8', 'a9', 'a10', 'a11', 'c4', 'c5']);
  });

  it('A4: all of it is done in the end, and in the order in which it came', () => {
    const { send, done, turn } = stage();
    for (const name of names('a', 50)) send('2001:db8::1', name);
    turn();
    // One IPv6 caller has a /64 to itself.
    send('2001:db8::2', 'late');
    while (turn().length > 0);
    expect(done).toEqual([...names('a', 50), 'late']);
  });
});
