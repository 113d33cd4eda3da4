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
const signIn = ['LATCHKEY_OWNER_PASSWORD', 'LATCHKEY_APPLICATION_KEY'];
const key = ['LATCHKEY_API_KEY'];
const examples: [command: string[], needs: string[]][] = [
  [node('examples/mage/quickstart.ts'), signIn],
  [['bash', 'examples/mage/quickstart.sh'], signIn],
  [['python3', 'examples/mage/quickstart.py'], signIn],
  [node('examples/maiagent/quickstart.ts'), key],
  [['python3', 'examples/maiagent/quickstart.py'], key],
  [node('examples/magpipe/keys.mjs'), signIn],
  [['bash', 'examples/magpipe/keys.sh'], signIn],
  [['python3', 'examples/magpipe/keys.py'], signIn],
  [['bash', 'examples/mystic/quickstart.sh'], key],
];
/** Where it comes from, in the one line that says that it is missing. */
const sources: Record<string, RegExp> = {
  LATCHKEY_OWNER_PASSWORD: /npm start.*npm run reset-password/,
  LATCHKEY_APPLICATION_KEY: /source \.latchkey\/env/,
  LATCHKEY_API_KEY: /npx latchkey keys create/,
};

describe.each(examples)('C: %j', (command, needs) => {
  it.each(needs)('names %s when it is missing, and where it comes from, in one line', async (missing) => {
    const others = needs.filter((name) => name !== missing).map((name) => [name, 'x']);
    const { code, said } = await run(command, Object.fromEntries(others));
    expect(code).toBe(2);
    expect(said).toMatch(new RegExp(`^set ${missing}: [^\\n]*\\n$`));
    expect(said).toMatch(sources[missing] as RegExp);
  });

  it('without a server ends with one line, and no stack', async () => {
    const given = Object.fromEntries(needs.map((name) => [name, 'x']));
    const { code, said } = await run(command, { LATCHKEY_URL: 'http://127.0.0.1:1', ...given });
    expect(code).not.toBe(0);
    expect(said).not.toMatch(/\n {4}at |node:internal|Traceback/);
    expect(said).toMatch(/^[^\n]+\n$/);
  });
});
