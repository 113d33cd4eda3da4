import type { Window } from '../principal.ts';

/** How long each span is, in seconds. */
export const spans: Readonly<Record<Window['per'], number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };
