import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { removeScratches, run, scratch, succeed } from '../support/scratch.ts';

afterAll(removeScratches);

it('npm run check runs on after what fails, and names it at the end; --fix mends it', async () => {
  const folder = await scratch();
  const file = join(folder, 'src/main.ts');
  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, whole.replaceAll('\n', '\n\n\n'));
  appendFileSync(join(folder, 'generated/tables.ts'), '// mine\n');
  const { code, out } = await run(folder, "npm run check -- lint 'contract lint' drift");
  expect(code).toBe(1);
  expect(out).toContain('── contract lint: passed');
  expect(out).toContain('\nFailed: lint, drift\n');

  const mended = await succeed(folder, 'npm run check -- lint drift --fix');
  expect(mended).toContain('\nAll passed\n');
  expect(readFileSync(join(folder, 'generated/tables.ts'), 'utf8')).not.toContain('// mine');

  expect(await run(folder, 'node scripts/check.js swords')).toEqual({
    code: 2,
    out: 'There is no check swords: lint, contract lint, rooms, drift, types, console types, docs types, tests, slow tests, or --fix.\n',
  });
});
