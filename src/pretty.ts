import { inspect } from 'node:util';

const names: Record<number, [name: string, colour: 'gray' | 'blue' | 'yellow' | 'red' | 'magenta']> = {
  10: ['trace', 'gray'],
  20: ['debug', 'gray'],
  30: ['info', 'blue'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', 'magenta'],
};

/** Where lines of JSON go that people read: `14:02:07 error  what happened  key=value`, and a stack below it. */
export function forPeople(out: { write(text: string): unknown; hasColors?(): boolean }) {
  const mayColour = out.hasColors?.() ?? false;
  return { write: (line: string) => void out.write(`${pretty(line, mayColour)}\n`) };
}

/** One line of the log for people. What is in it moves no cursor: control characters stay escaped, as they came. */
export function pretty(line: string, mayColour = false): string {
  const { level, time, msg = '', err, ...more } = JSON.parse(line) as Record<string, unknown>;
  const [name, colour] = names[Number(level)] ?? ['log', 'gray'];
  const [on, off] = mayColour ? (inspect.colors[colour] ?? [0, 0]) : [];
  const tinted = on === undefined ? name.padEnd(5) : `\u001b[${on}m${name.padEnd(5)}\u001b[${off}m`;
  const told = Object.entries(more).map(([key, value]) => `${plain(key)}=${value === '' ? '""' : shown(value)}`);
  const { type, message, stack } = (err ?? {}) as Record<string, unknown>;
  const below = err
    ? [
        `\n${String(stack ?? `${type}: ${message}`)
          .split('\n')
          .map((one) => `    ${plain(one)}`)
          .join('\n')}`,
      ]
    : [];
  const [date = ''] = String(time).split('.');
  return [date.slice(11), tinted, [plain(String(msg)), ...told].join('  ')].join(' ') + below.join('');
}

const shown = (value: unknown) => plain(typeof value === 'string' ? value : JSON.stringify(value));

/** Control characters, and those that turn the direction of writing, as escapes. */
const plain = (text: string) =>
  text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
