import type { OneTimeLink } from '../../../generated/tables.ts';
import type { Context } from '../context.ts';
import { queueMail } from '../mail/queue.ts';
import { linkAddress, makeLink, type NewLink } from './one_time_link.ts';

/** A link that was made, and how it gets to whom it is for. */
export interface Offered {
  link: OneTimeLink;
  mailed: boolean;
  /** For whoever asked to pass on, where it is not mailed: in this answer, and nowhere else. */
  url: string | null;
}

/** Makes a link, in the caller's transaction, and has it mailed; where nothing is mailed, its address is in the answer. */
export async function offer({ db, house, asker }: Context, wanted: NewLink): Promise<Offered> {
  const { link, code } = await makeLink(db, wanted);
  // What is mailed gets a code of its own when it leaves: none waits in the queue.
  const mailed = await queueMail({ db, house }, { letter: 'link', id: link.id });
  return { link, mailed, url: mailed ? null : linkAddress(asker.origin, code) };
}
