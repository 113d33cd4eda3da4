const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/**
 * Does a part of what somebody waits for, and shows it: on a terminal that it goes on and for how long, elsewhere one line
 * once it is done.
 * @template Result
 * @param {string} name one word
 * @param {() => Promise<Result>} work
 * @param {NodeJS.WriteStream} out stderr, where stdout is for what was asked for
 * @returns {Promise<Result>}
 */
export async function step(name, work, out = process.stdout) {
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  const isTerminal = out.isTTY && process.env.TERM !== 'dumb';
  const line = (mark, time) => `${isTerminal ? `\r\u001b[K  ${mark} ` : ''}${name.padEnd(10)} ${time}`;
  let turns = 0;
  // The cursor waits in front: what is logged meanwhile begins a line.
  const turn = () => out.write(`${line(frames[turns++ % frames.length], `${Math.floor(seconds())} s`)}\r`);
  const clear = () => isTerminal && out.write('\r\u001b[K');
  if (isTerminal) turn();
  const spinner = isTerminal ? setInterval(turn, 100) : undefined;
  process.on('exit', clear);
  try {
    const result = await work();
    out.write(`${line('✓', `${seconds().toFixed(1)} s`)}\n`);
    return result;
  } catch (error) {
    clear();
    throw error;
  } finally {
    clearInterval(spinner);
    process.off('exit', clear);
  }
}
