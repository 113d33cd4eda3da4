import { parse } from './answer.ts';
import { Stop } from './stop.ts';

type Step = string | number | undefined;

/**
 * The steps of a path as jq writes it: `.data[].name`, `.a[0]`, `.["a key"]`, `.`. An undefined step is each item. Throws a
 * `Stop` for what is none.
 */
export function stepsOf(path: string): Step[] {
  const part = String.raw`(?:\.[\p{L}_$][\p{L}\p{N}_$-]*|\.?\[(?:-?\d+|"(?:[^"\\]|\\.)*")?\])`;
  const whole = new RegExp(`^(?:\\.|${part}+)$`, 'u');
  if (!path.startsWith('.') || !whole.test(path))
    throw new Stop('usage', `${JSON.stringify(path)} is no path. Write it as .data[].name`);
  const words = path.matchAll(/\[(?:(-?\d+)|("(?:[^"\\]|\\.)*"))?\]|\.([\p{L}_$][\p{L}\p{N}_$-]*)/gu);
  return [...words].map(([, index, quoted, name]) => {
    if (name !== undefined) return name;
    if (quoted !== undefined) return JSON.parse(quoted) as string;
    return index === undefined ? undefined : Number(index);
  });
}

/** What lies at the path in a JSON text, a line each: text as it is, the rest as JSON, and `null` for what is not there. */
export function select(text: string, path: string): string[] {
  const steps = stepsOf(path);
  const root = parse(text);
  if (root === undefined) throw new Stop('refused', 'The answer is no JSON: there is nothing to select.');
  const found = steps.reduce<unknown[]>((values, step) => values.flatMap((value) => below(value, step, path)), [root]);
  return found.map((value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null)));
}

function below(value: unknown, step: Step, path: string): unknown[] {
  if (value === null || value === undefined) return step === undefined ? [] : [null];
  if (typeof value !== 'object') throw new Stop('refused', `The answer has nothing at ${path}.`);
  if (step === undefined) return Object.values(value);
  if (Array.isArray(value)) return typeof step === 'number' ? [value.at(step)] : [undefined];
  return [Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined];
}
