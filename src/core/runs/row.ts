import type { Run } from '../../../generated/tables.ts';

/** What an input, an output or a piece of a stream may be (docs/compat/mystic.md: A run). */
export const ioTypes = [
  ...(['integer', 'string', 'fp', 'dictionary', 'boolean', 'none', 'array', 'pkl', 'file', 'stream'] as const),
] as const;
export type IOType = (typeof ioTypes)[number];

/** What went wrong in a container; any other type makes its client fail (docs/compat/mystic.md: A run). */
export const errorTypes = [
  ...(['input_error', 'cuda_oom', 'cuda_error', 'oom', 'pipeline_error', 'startup_error'] as const),
  ...(['pipeline_loading', 'timeout', 'unknown'] as const),
] as const;

export type RunState =
  | 'created'
  | 'routing'
  | 'queued'
  | 'running'
  | 'completed'
  | 'failed'
  | 'no_resources_available'
  | 'node_preempted'
  | 'cancelled'
  | 'unknown';

export interface RunInput {
  type: IOType;
  value?: unknown;
  file_name?: string | null;
  file_path?: string | null;
  file_url?: string | null;
}

export interface RunOutput {
  type: IOType;
  value: unknown;
  file: { name: string; path: string; size: number; url: string | null } | null;
}

export interface RunError {
  type: (typeof errorTypes)[number];
  message: string;
  traceback: string | null;
}

/** A run as the table holds it, with its JSON columns as what they are. */
export type RunRow = Omit<Run, 'inputs' | 'outputs' | 'error' | 'state'> & {
  inputs: RunInput[];
  outputs: RunOutput[] | null;
  error: RunError | null;
  state: RunState;
};

/** How a run ended, or that nobody is there to take it: `absent`. */
export type Outcome =
  | { state: 'completed'; outputs: RunOutput[] | null; error: null }
  | { state: 'failed' | 'node_preempted'; outputs: RunOutput[] | null; error: RunError }
  | { state: 'absent' };

/** An end in failure, in our words. */
export function failed(message: string, error: Partial<RunError> = {}): Outcome & { state: 'failed' } {
  return { state: 'failed', outputs: null, error: { type: 'unknown', message, traceback: null, ...error } };
}

/** How patient runs are; milliseconds. */
export interface Pace {
  /** Whoever takes a run has it for so long, and for as long again each time that it says so. */
  lease: number;
  /** Between two looks for a container that is not there. */
  pause: number;
  /** For such a container in all, from when the run was accepted (docs/compat/mystic.md: Waiting). */
  patience: number;
  /** For one run in a container. */
  limit: number;
  /** For a connection to the container. */
  connect: number;
  /** Between two looks for what others have left. */
  sweep: number;
  /** A run that was begun so often and never ended is given up: it may be what ends us. */
  attempts: number;
}

export const unhurried: Pace = {
  lease: 30_000,
  pause: 2_000,
  patience: 300_000,
  limit: 3_600_000,
  connect: 10_000,
  sweep: 2_000,
  attempts: 5,
};

/** The end of a run that takes longer than any may. */
export const tooSlow = ({ limit }: Pace) =>
  failed(`The container did not answer within ${limit / 1000} seconds`, { type: 'timeout' });
