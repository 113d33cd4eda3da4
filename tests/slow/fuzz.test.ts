import { expect, it } from 'vitest';
import { run } from '../support/scratch.ts';

it('npm run fuzz names the surfaces where it is told none, or one that is not there, in one line', async () => {
  const surfaces = 'latchkey, mage, magpipe, magpipe_auth, maiagent, mystic, mystic_v3';
  const asked = async (name: string) => run('.', `node scripts/fuzz.js ${name}`);
  expect(await asked('')).toEqual({ code: 2, out: `npm run fuzz -- SURFACE: one of ${surfaces}.\n` });
  expect(await asked('swords')).toEqual({
    code: 2,
    out: `npm run fuzz -- SURFACE: there is no swords; there are ${surfaces}.\n`,
  });
}, 60_000);
