import { beside } from './beside.ts';
import { replaceWelcome } from './core/installation/welcome_file.ts';
import { localUrl } from './core/local_url.ts';
import { linkAddress, ownerLink } from './core/one_time_links/one_time_link.ts';
import { Mistake } from './mistake.ts';

// `npm run owner-link`: a link, good once for 24 hours, with which the owner chooses a password. Whoever can run it has the
// database anyway.

await beside(async (db, config) => {
  const made = await ownerLink(db);
  if (!made) throw new Mistake('There is no owner yet: start the server first');
  const { publicUrl, host, port } = config;
  const link = linkAddress(publicUrl ?? localUrl(host, port), made.code);
  replaceWelcome(config, link);
  return link;
});
