import { mage } from './mage.js';
import { maiagent } from './maiagent.js';
import { mystic } from './mystic.js';

/** The surfaces that take a new resource, by their names. */
export const surfaces = { mage, mystic, maiagent };

/** The others, and why not. */
export const unserved = {
  magpipe: 'magpipe has one function for each purpose, and no resources.',
  magpipe_auth: 'magpipe_auth has what supabase-js signs in with, and no resources.',
  mystic_v3: 'mystic_v3 is what the command line still asks of version 3, and grows no more.',
  latchkey: 'latchkey has no contract yet.',
};
