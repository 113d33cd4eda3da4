import { beside } from './beside.ts';
import { Mistake } from './config.ts';
import { linkAddress, ownerLink } from './core/one_time_links/one_time_link.ts';

// `npm run owner-link`: a link, good once for 24 hours, with which the owner chooses a password. Whoever can run it has the
// database anyway.

await beside(async (db, { publicUrl, host, port }) => {
  const made = await ownerLink(db);
  if (!made) throw new Mistake('There is no owner yet: start the server first');
  return linkAddress(publicUrl ?? `http://${host}:${port}`, made.code);
});
