// One scenario for the clients of all languages, against a server of its own: `node tests/conformance/clients/run.mjs [typescript python go]`.
// Each prints a line for each step; they must say what scenario.json says. Between them and the server stands a proxy that counts
// refreshes, and cuts an answer when it is told to.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../../..');
const steps = JSON.parse(readFileSync(join(here, 'scenario.json'), 'utf8'));
const python = process.env.SCENARIO_PYTHON ?? 'python3';
const programs = {
  typescript: [process.execPath, join(here, 'scenario.mjs')],
  python: [python, join(here, 'scenario.py')],
  go: ['go', 'run', ...(process.env.SCENARIO_GO_FLAGS?.split(' ').filter(Boolean) ?? []), '.'],
};
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(programs);
const password = 'correct horse battery staple';
const data = mkdtempSync(join(tmpdir(), 'latchkey-clients-'));
const port = 20_000 + Math.floor(Math.random() * 20_000);

let server;
/** Starts the server, and waits until it is ready. */
async function start() {
  const settings = {
    LATCHKEY_DATA: data,
    HOST: '127.0.0.1',
    PORT: String(port),
    LATCHKEY_OWNER_EMAIL: 'owner@example.com',
  };
  const env = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...settings,
    LATCHKEY_OWNER_PASSWORD: password,
    LATCHKEY_PRIVATE_WEBHOOKS: 'true',
  };
  server = spawn(process.execPath, ['dist/src/main.js'], { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (let tries = 0; tries < 600; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('The server is not ready.');
}
const stop = () =>
  new Promise((resolve) => {
    server.once('exit', resolve);
    server.kill('SIGTERM');
  });

let refreshes = 0;
let cuts = 0;
let isCutting = false;
const proxy = createServer((asked, answer) => {
  if (asked.url === '/v1/sessions/refresh') refreshes += 1;
  const isMade = asked.method === 'POST' && asked.url === '/v1/pipelines';
  if (isMade) cuts += 1;
  const options = { host: '127.0.0.1', port, path: asked.url, method: asked.method, headers: asked.headers };
  const onward = request(options, (found) => {
    if (isMade && isCutting) {
      isCutting = false;
      found.resume().on('end', () => asked.socket.destroy());
      return;
    }
    answer.writeHead(found.statusCode, found.rawHeaders);
    found.pipe(answer);
  });
  onward.on('error', () => {
    if (!answer.headersSent) answer.writeHead(503, { 'Retry-After': '20', 'Content-Type': 'application/json' });
    answer.end('{"detail":"Not there just now."}');
  });
  asked.pipe(onward);
});

const messages = new Map();
const control = createServer(async (asked, answer) => {
  const say = (value) => answer.end(JSON.stringify(value ?? null));
  let body = '';
  for await (const piece of asked) body += piece;
  if (asked.url.startsWith('/hook/') && asked.method === 'POST')
    messages.set(asked.url, { body, headers: asked.headers });
  if (asked.url.startsWith('/hook/')) return say(asked.method === 'GET' ? messages.get(asked.url) : undefined);
  if (asked.url === '/refreshes') return say(refreshes);
  if (asked.url === '/cuts') return say(cuts);
  if (asked.url === '/cut') {
    isCutting = true;
    cuts = 0;
  }
  if (asked.url === '/restart') {
    await stop();
    start().catch((error) => console.error(error));
  }
  say(undefined);
});
const listen = (one) =>
  new Promise((resolve) => one.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${one.address().port}`)));

/** The 250 pipelines that all of them find. */
async function fill(url) {
  const post = async (path, value, headers = {}) => {
    const sent = {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: JSON.stringify(value),
    };
    return (await fetch(`${url}${path}`, sent)).json();
  };
  const { access_token: token } = await post('/v1/sessions', { email: 'owner@example.com', password });
  for (let number = 1; number <= 250; number += 1)
    await post('/v1/pipelines', { name: `Pipeline ${number}` }, { Authorization: `Bearer ${token}` });
}

function follow(language, env) {
  const [program, ...args] = programs[language];
  const cwd = language === 'go' ? join(here, 'go') : root;
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (piece) => (output += piece));
  child.stderr.on('data', (piece) => (errors += piece));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) console.error(`${language} ended with ${code}:\n${errors}`);
      resolve(
        new Map(
          output
            .trim()
            .split('\n')
            .map((line) => line.split('\t')),
        ),
      );
    });
  });
}

let failed = 0;
try {
  await start();
  const env = {
    SCENARIO_URL: await listen(proxy),
    SCENARIO_CONTROL: await listen(control),
    SCENARIO_PASSWORD: password,
  };
  await fill(`http://127.0.0.1:${port}`);
  const found = {};
  for (const language of wanted) {
    found[language] = await follow(language, env);
    while (!(await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok)
      await new Promise((resolve) => setTimeout(resolve, 200));
  }
  console.log(['step', ...wanted].map((cell, at) => cell.padEnd(at === 0 ? 26 : 12)).join(''));
  for (const { step, result } of steps) {
    const cells = wanted.map((language) => found[language].get(step));
    console.log([step.padEnd(26), ...cells.map((cell) => (cell === result ? 'ok' : 'differs').padEnd(12))].join(''));
    for (const [at, cell] of cells.entries()) {
      if (cell === result) continue;
      failed += 1;
      console.log(`  ${wanted[at]}: ${cell ?? 'nothing'}\n  wanted: ${result}`);
    }
  }
  console.log(`${steps.length} steps in ${wanted.length} languages, ${failed} differ`);
} finally {
  await stop();
  proxy.close();
  control.close();
  proxy.closeAllConnections();
  control.closeAllConnections();
  rmSync(data, { recursive: true, force: true });
}
process.exitCode = failed > 0 ? 1 : 0;
