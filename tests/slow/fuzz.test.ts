import { expect, it } from 'vitest';
import { run } from '../support/scratch.ts';

it('npm run fuzz names the surfaces where it is told one that is not there, in one line', async () => {
  const surfaces = 'latchkey, mage, magpipe, magpipe_auth, maiagent, mystic, mystic_v3';
  const asked = async (names: string) => run('.', `node scripts/fuzz.js ${names}`);
  const refusal = { code: 2, out: `npm run fuzz -- [SURFACE…]: there is no swords; there are ${surfaces}.\n` };
  expect(await asked('swords')).toEqual(refusal);
  expect(await asked('mage swords --seed 1')).toEqual(refusal);
});
