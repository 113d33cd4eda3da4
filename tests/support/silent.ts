import { pino } from 'pino';

/** For what wants a logger in a test that does not look at it. */
export const silent = pino({ level: 'silent' });
