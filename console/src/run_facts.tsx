import type { Run } from './api.ts';
import { lasted } from './number.ts';

const said: Record<Run['state'], [kind: string, text: string]> = {
  created: ['', 'Created'],
  routing: ['', 'Waiting'],
  queued: ['', 'Queued'],
  running: ['warn', 'Running'],
  completed: ['good', 'Completed'],
  failed: ['bad', 'Failed'],
  no_resources_available: ['bad', 'Nobody to run it'],
  node_preempted: ['bad', 'Cut off'],
  cancelled: ['', 'Cancelled'],
  unknown: ['', 'Unknown'],
};

export const runStates = Object.entries(said).map(([state, [, text]]) => [state as Run['state'], text] as const);

/** How a run stands, as a word with a colour. */
export function RunState({ of: state }: { of: Run['state'] }) {
  const [kind, text] = said[state];
  return <span class={`chip ${kind}`}>{text}</span>;
}

/** How long a run was at work, or has been so far. */
export function took({ started_at, ended_at, compute_ms }: Run): string {
  if (compute_ms !== null) return lasted(compute_ms);
  if (!started_at) return '–';
  return lasted(Math.max(0, (ended_at ? Date.parse(ended_at) : Date.now()) - Date.parse(started_at)));
}

/** The end of an id, which is enough to tell runs apart. */
export const shortId = (id: string) => `${id.slice(0, id.indexOf('_') + 9)}…`;
