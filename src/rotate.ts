import { beside } from './beside.ts';
import { rotateSecret } from './core/sealing/rotate_secret.ts';
import { openSeal } from './core/sealing/secret.ts';
import { rotateSigningKeys } from './core/sign_in/signing.ts';
import { Mistake } from './mistake.ts';

// `npm run rotate-keys`: new session tokens are signed with a new key from now on, in every process on this database.
// `npm run rotate-secret`: what the database seals is sealed with a new secret; with `--lost`, without the old one.

await beside(async (db, config, [what, ...rest]) => {
  if (what === 'secret' && rest.some((word) => word !== '--lost')) throw new Mistake('It takes --lost, or nothing', 2);
  if (what === 'secret') return rotateSecret(db, config, rest.includes('--lost'));
  const kid = await rotateSigningKeys(db, (await openSeal(db, config)).seal);
  return `Session tokens are signed with ${kid} now; those of the old key hold until they expire.`;
});
