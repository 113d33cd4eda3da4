// Tests the surfaces by their contracts, with Schemathesis: `npm run fuzz`, or one of them: `npm run fuzz -- mage`. Each gets a server of
// its own on a scratch database. What else is given goes to Schemathesis: `-- mage --max-examples 20 --seed 1`.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endOnSignal, root, show } from './children.js';
import { credentialsOf, settingsOf } from './fuzz/credentials.js';
import { owner, startServer } from './fuzz/server.js';
import { schemathesis } from './fuzz/tool.js';
import { install } from './install.js';
import { checkNode } from './preflight.js';
import { surfaces } from './surfaces.js';

const given = process.argv.slice(2);
const end = given.findIndex((one) => one.startsWith('-'));
const named = given.slice(0, end < 0 ? given.length : end);
const more = given.slice(named.length);
const strange = named.find((one) => !surfaces.includes(one));
if (strange !== undefined) {
  console.error(`npm run fuzz -- [SURFACE…]: there is no ${strange}; there are ${surfaces.join(', ')}.`);
  process.exit(2);
}
checkNode();
await install();
endOnSignal('Stopped.');

const tool = await schemathesis();
const totals = [];
for (const surface of named.length > 0 ? named : surfaces) totals.push(await fuzz(surface));
for (const { told } of totals) console.log(told);
process.exitCode = totals.some(({ isGood }) => !isGood) ? 1 : 0;

/** Tests one surface, and says how it went. */
async function fuzz(surface) {
  const contract = join(root, `generated/${surface}.json`);
  const { servers, components } = JSON.parse(readFileSync(contract, 'utf8'));
  const server = await startServer();
  const file = (ending) => join(tmpdir(), `latchkey-fuzz-${process.pid}-${surface}.${ending}`);
  const [config, report] = [file('toml'), file('json')];
  try {
    const schemes = await credentialsOf(server, surface);
    writeFileSync(config, settingsOf(surface, schemes, components.securitySchemes));
    const env = {
      ...process.env,
      LATCHKEY_FUZZ_SURFACE: surface,
      LATCHKEY_FUZZ_CONTRACT: contract,
      LATCHKEY_FUZZ_URL: server.url,
      LATCHKEY_FUZZ_APPLICATION_KEY: server.applicationKey,
      ...(schemes.oauthToken && { LATCHKEY_FUZZ_MAGE_TOKEN: schemes.oauthToken.value }),
      LATCHKEY_FUZZ_OWNER: JSON.stringify(owner),
      SCHEMATHESIS_HOOKS: 'fuzz.hooks',
      PYTHONPATH: join(root, 'scripts'),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const own = 'positive_data_acceptance,negative_data_rejection';
    const run = ['run', contract, '--url', server.url + servers[0].url, '--checks', 'all', '--exclude-checks', own];
    const code = await show(
      tool,
      ['--config-file', config, ...run, '--report', 'json', '--report-json-path', report, ...more],
      { env },
    );
    return totalOf(surface, code, readFileSync(report, 'utf8'));
  } finally {
    await server.stop();
    for (const one of [config, report]) rmSync(one, { force: true });
  }
}

/** Where the tool was let in nowhere, it has found nothing. */
function totalOf(surface, code, report) {
  const { test_cases: cases, operations, warnings } = JSON.parse(report);
  const shut = warnings?.missing_auth?.length ?? 0;
  const isShut = shut > operations.tested / 2;
  const failures = `${cases.unique_failures} failures, ${cases.errored} errors`;
  const seed = /"seed": (\d+)/.exec(report)?.[1];
  const shutOut = isShut ? `; ${shut} operations answered with nothing but 401 and 403` : '';
  return {
    isGood: code === 0 && !isShut,
    told: `${surface}: ${operations.tested} operations, ${cases.generated} cases, ${failures}, seed ${seed}${shutOut}`,
  };
}
