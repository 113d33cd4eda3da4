import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs an example with nothing of our environment but where programs are. */
async function run([program = '', ...args]: string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { cwd: root, env: { PATH: process.env.PATH ?? '', ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  return { code, said };
}

const node = (path: string) => [process.execPath, ...(path.endsWith('.ts') ? ['--import', tsx] : []), path];
const examples: [command: string[], needs: string[]][] = [
  [node('examples/mage/quickstart.ts'), ['MAGE_PASSWORD', 'MAGE_API_KEY']],
  [
    ['bash', 'examples/mage/quickstart.sh'],
    ['MAGE_PASSWORD', 'MAGE_API_KEY'],
  ],
  [node('examples/maiagent/quickstart.ts'), ['MAIAGENT_API_KEY']],
  [node('examples/magpipe/keys.mjs'), ['MAGPIPE_PASSWORD', 'MAGPIPE_APIKEY']],
  [
    ['bash', 'examples/magpipe/keys.sh'],
    ['MAGPIPE_PASSWORD', 'MAGPIPE_APIKEY'],
  ],
  [['bash', 'examples/mystic/quickstart.sh'], ['MYSTIC_TOKEN']],
];

describe.each(examples)('C: %j', (command, needs) => {
  it.each(needs)('names %s when it is missing, in one line', async (missing) => {
    const others = needs.filter((name) => name !== missing).map((name) => [name, 'x']);
    const { code, said } = await run(command, Object.fromEntries(others));
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`^[^\\n]*\\b${missing}\\b[^\\n]*\\n$`));
  });

  it('without a server ends with one line, and no stack', async () => {
    const url = Object.fromEntries(
      ['MAGE', 'MAGPIPE', 'MAIAGENT', 'MYSTIC'].map((name) => [`${name}_URL`, 'http://127.0.0.1:1']),
    );
    const { code, said } = await run(command, { ...url, ...Object.fromEntries(needs.map((name) => [name, 'x'])) });
    expect(code).not.toBe(0);
    expect(said).not.toMatch(/\n {4}at |node:internal/);
  });
});
