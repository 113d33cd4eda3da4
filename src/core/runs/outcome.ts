import { Exact, readJson, writeJson } from '../../contract/json.ts';
import { deepest, type Json } from './json_walk.ts';
import { errorTypes, failed, ioTypes, type Outcome, type RunError, type RunOutput } from './row.ts';

/**
 * What a container's whole answer means (docs/compat/mystic.md: Containers): a result with 200, 400 or 500, `{error,
 * traceback}` with 500, `absent` while it is loading. Never throws: whatever is no such answer is a failed run.
 */
export function outcomeOf(status: number, text: string): Outcome {
  if (status === 503) return { state: 'absent' };
  const useless = failed(`The container answered with status ${status}`);
  if (![200, 400, 500].includes(status)) return useless;
  const answer = objectOf(text);
  if (status === 500 && typeof answer?.error === 'string') {
    return failed(answer.error, { traceback: textOf(answer.traceback) });
  }
  const outcome = answer && resultOf(answer);
  if (!outcome) return failed(`The container’s answer, with status ${status}, is no result of a run`);
  return status !== 200 && outcome.state === 'completed' ? useless : outcome;
}

function objectOf(text: string): Json | undefined {
  try {
    const value = readJson(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? (storable(value) as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** A ContainerRunResult: inputs, outputs and error, all of them nullable. */
function resultOf({ outputs = null, error = null }: Json): Outcome | undefined {
  const shown = outputs === null ? null : Array.isArray(outputs) ? outputs.map(outputOf) : [undefined];
  if (shown?.includes(undefined)) return undefined;
  const known = { outputs: shown as RunOutput[] | null };
  if (error === null) return { state: 'completed', ...known, error };
  const { type, message, traceback } = error as Json;
  if (typeof message !== 'string') return undefined;
  if (type === 'pipeline_loading') return { state: 'absent' };
  const kind = errorTypes.find((one) => one === type) ?? 'unknown';
  return { state: 'failed', ...known, error: { type: kind, message, traceback: textOf(traceback) } satisfies RunError };
}

function outputOf(value: unknown): RunOutput | undefined {
  const { type, value: inner = null, file = null } = (value ?? {}) as Json;
  const kind = ioTypes.find((one) => one === type);
  if (!kind) return undefined;
  if (file === null) return { type: kind, value: inner, file };
  const { name, path, size, url } = file as Json;
  const bytes = size instanceof Exact ? Number(size.text) : size;
  if (typeof name !== 'string' || typeof path !== 'string' || !Number.isSafeInteger(bytes)) return undefined;
  return { type: kind, value: inner, file: { name, path, size: bytes as number, url: addressIn(url) } };
}

/** A container's own address of a file, of which nothing but the web's is passed on. */
const addressIn = (value: unknown) => (typeof value === 'string' && /^https?:\/\//i.test(value) ? value : null);

const textOf = (value: unknown) => (typeof value === 'string' ? value : null);

/** Whether a JSON value is not nested too deeply to be kept. */
function isShallow(value: unknown, levels = deepest): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/**
 * The value as Postgres can keep it: NUL and halves of surrogate pairs become U+FFFD. Throws for one that is too deep.
 */
function storable(value: object): unknown {
  if (!isShallow(value)) throw new RangeError('too deep');
  const text = writeJson(value);
  const clean = text.replace(/\\\\|\\u(?:0000|d[89a-f][\da-f]{2})/g, (found) => (found === '\\\\' ? found : '\\ufffd'));
  return clean === text ? value : readJson(clean);
}
