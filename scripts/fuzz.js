// Tests a surface by its contract, with Schemathesis: `npm run fuzz -- latchkey`. A server of its own is started on a scratch database.
// What else is given goes to Schemathesis: `-- latchkey --max-examples 20 --seed 1`.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOnSignal, root, show } from './children.js';
import { signIn } from './fuzz/credentials.js';
import { owner, startServer } from './fuzz/server.js';
import { schemathesis } from './fuzz/tool.js';
import { install } from './install.js';
import { checkNode } from './preflight.js';
import { surfaces } from './surfaces.js';

const [surface, ...more] = process.argv.slice(2);
if (!surfaces.includes(surface)) {
  console.error(
    `npm run fuzz -- SURFACE: ${surface ? `there is no ${surface}; there are` : 'one of'} ${surfaces.join(', ')}.`,
  );
  process.exit(2);
}
checkNode();
await install();
endOnSignal('Stopped.');

const contract = join(root, `generated/${surface}.json`);
const { servers, components } = JSON.parse(readFileSync(contract, 'utf8'));
const tool = await schemathesis();
const server = await startServer();
const config = join(tmpdir(), `latchkey-fuzz-${process.pid}.toml`);
const report = join(tmpdir(), `latchkey-fuzz-${process.pid}.json`);
try {
  writeFileSync(config, await signIn(server, surface, components.securitySchemes));
  const env = {
    ...process.env,
    LATCHKEY_FUZZ_CONTRACT: contract,
    LATCHKEY_FUZZ_URL: server.url,
    LATCHKEY_FUZZ_OWNER: JSON.stringify(owner),
    SCHEMATHESIS_HOOKS: 'fuzz.hooks',
    PYTHONPATH: join(root, 'scripts'),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const options = ['--checks', 'all', '--exclude-checks', 'positive_data_acceptance', '--report', 'json'];
  const run = [
    'run',
    contract,
    '--url',
    server.url + servers[0].url,
    ...options,
    '--report-json-path',
    report,
    ...more,
  ];
  const code = await show(tool, ['--config-file', config, ...run], { env });
  const told = readFileSync(report, 'utf8');
  const { test_cases: cases, operations, warnings } = JSON.parse(told);
  const failures = `${cases.unique_failures} failures, ${cases.errored} errors`;
  console.log(
    `${surface}: ${operations.tested} operations, ${cases.generated} cases, ${failures}, seed ${/"seed": (\d+)/.exec(told)?.[1]}`,
  );
  // Where the tool was let in nowhere, it has found nothing.
  const shut = warnings?.missing_auth?.length ?? 0;
  const isShut = shut > operations.tested / 2;
  if (isShut) console.log(`${shut} operations answered with nothing but 401 and 403.`);
  process.exitCode = isShut ? 1 : code;
} finally {
  await server.stop();
  for (const file of [config, report]) rmSync(file, { force: true });
}
