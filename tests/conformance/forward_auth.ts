// What tests/conformance/forward_auth.sh asks of each proxy: `forward_auth.ts PID LATCHKEY_PORT APP_PORT NAME=PORT …`.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const [pid, latchkey, app, ...named] = process.argv.slice(2) as [string, string, string, ...string[]];
const proxies = named.map((one) => one.split('=') as [string, string]);

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}
const agent = new Agent({ keepAlive: false });
const password = 'correct horse';

/** Sends a request; one for a WebSocket is answered by what came through it. */
function send(port: string, method: string, path: string, headers: OutgoingHttpHeaders = {}, body?: Buffer | string) {
  return new Promise<Answer>((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers, agent, timeout: 15_000 }, async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
    });
    sent.on('upgrade', (answer, socket) => {
      socket.once('data', (data) => {
        socket.destroy();
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: String(data) });
      });
      socket.write('hello');
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`))).on('error', reject);
    sent.end(body);
  });
}

interface Seen {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  sha256: string;
}
let reached = 0;
const server = createServer(async (asked, response) => {
  reached += 1;
  const hash = createHash('sha256');
  for await (const chunk of asked) hash.update(chunk);
  const { method, url, headers } = asked;
  response
    .setHeader('Content-Type', 'application/json')
    .end(JSON.stringify({ method, url, headers, sha256: hash.digest('hex') }));
}).on('upgrade', ({ headers }, socket) => {
  reached += 1;
  socket.on('error', () => {});
  // HAProxy looks at it (RFC 6455 §4.2.2).
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  const lines = ['Connection: Upgrade', 'Upgrade: websocket', `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
  socket.once('data', (data) => socket.end(`echo ${data}`));
});
server.listen(Number(app), '127.0.0.1');
await once(server, 'listening');

const json = { 'Content-Type': 'application/json' };
const signedIn = await send(
  latchkey,
  'POST',
  '/v1/sessions',
  json,
  JSON.stringify({ email: 'owner@localhost', password }),
);
const session: string = JSON.parse(signedIn.text).access_token;
const make = async (body: object): Promise<{ key: string; id: string }> =>
  JSON.parse(
    (await send(latchkey, 'POST', '/v1/keys', { ...json, Authorization: `Bearer ${session}` }, JSON.stringify(body)))
      .text,
  );
const good = await make({ name: 'good', scopes: ['pipelines:read'] });
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const seenOf = ({ text }: Answer): Seen => JSON.parse(text);

type Case = (port: string, name: string) => Promise<string>;

function hold(condition: boolean, what: unknown): asserts condition {
  if (!condition) throw new Error(typeof what === 'string' ? what : JSON.stringify(what));
}
/** Refused, in JSON, and nothing of it reached the app. */
async function refused(work: Promise<Answer>, statuses: number[]): Promise<string> {
  const before = reached;
  const answer = await work;
  hold(statuses.includes(answer.status), answer);
  hold(reached === before, 'it reached the app');
  if (answer.status !== 502) hold(String(answer.headers['content-type']).startsWith('application/json'), answer);
  return String(answer.status);
}

const forged = Object.fromEntries(
  ['X-Latchkey-User', 'x-latchkey-account', 'X-LATCHKEY-KEY', 'X-Latchkey-Scopes', 'X_Latchkey_User'].map((name) => [
    name,
    'forged',
  ]),
);
const upgrade = {
  ...{ Connection: 'Upgrade', Upgrade: 'websocket' },
  ...{ 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64') },
};

const cases: Record<string, Case> = {
  async passed(port) {
    const answer = await send(port, 'GET', '/a/b?c=d&e', bearer(good.key));
    hold(answer.status === 200, answer);
    const { method, url, headers } = seenOf(answer);
    hold(method === 'GET' && url === '/a/b?c=d&e', { method, url });
    hold(headers['x-latchkey-key'] === good.id && headers['x-latchkey-scopes'] === 'pipelines:read', headers);
    hold(/^usr_/.test(String(headers['x-latchkey-user'])) && headers['x-latchkey-account'] === 'acc_1', headers);
    hold(headers.authorization === undefined, 'the app saw the key');
    return '200';
  },
  async refused(port, name) {
    await refused(send(port, 'GET', '/'), [401]);
    await refused(send(port, 'GET', '/', bearer(`mgp_${'0'.repeat(40)}`)), [401]);
    await refused(send(port, 'POST', '/', bearer('sk_unknown'), 'a body'), [401]);
    const challenge = (await send(port, 'GET', '/', bearer('sk_unknown'))).headers['www-authenticate'];
    hold(String(challenge).startsWith('Bearer'), challenge);
    const { key } = await make({ name, limits: [{ requests: 1, per: 'day' }] });
    hold((await send(port, 'GET', '/', bearer(key))).status === 200, 'the first');
    const late = await send(port, 'GET', '/', bearer(key));
    hold(late.status === 429 && Number(late.headers['retry-after']) > 0, late);
    const elsewhere = await make({ name: `${name} elsewhere`, addresses: ['192.0.2.0/24'] });
    await refused(send(port, 'GET', '/', bearer(elsewhere.key)), [403]);
    return '401, 403, 429';
  },
  async 'spoofed headers'(port) {
    await refused(send(port, 'GET', '/', forged), [401]);
    for (const token of [good.key, session]) {
      const { headers } = seenOf(await send(port, 'GET', '/', { ...bearer(token), ...forged }));
      hold(!JSON.stringify(headers).includes('forged'), headers);
      hold(/^usr_/.test(String(headers['x-latchkey-user'])), headers);
    }
    return 'dropped';
  },
  async OPTIONS(port) {
    const preflight = { Origin: 'https://evil.test', 'Access-Control-Request-Method': 'POST' };
    await refused(send(port, 'OPTIONS', '/', preflight), [401]);
    const answer = await send(port, 'OPTIONS', '/a', bearer(good.key));
    hold(answer.status === 200 && seenOf(answer).method === 'OPTIONS', answer);
    return '401, 200 with a key';
  },
  async WebSocket(port) {
    await refused(send(port, 'GET', '/', upgrade), [401]);
    const answer = await send(port, 'GET', '/', { ...upgrade, ...bearer(good.key) });
    hold(answer.status === 101 && answer.text === 'echo hello', answer);
    return '401, 101 with a key';
  },
  async 'the body'(port) {
    const body = randomBytes(300_000);
    const sha256 = createHash('sha256').update(body).digest('hex');
    for (const length of [{ 'Content-Length': body.length }, { 'Transfer-Encoding': 'chunked' }]) {
      const answer = await send(port, 'POST', '/', { ...bearer(good.key), ...length }, body);
      hold(answer.status === 200 && seenOf(answer).sha256 === sha256, answer);
    }
    return 'untouched';
  },
};
const down: Case = async (port) => {
  const all = [
    send(port, 'GET', '/', bearer(good.key)),
    send(port, 'GET', '/'),
    send(port, 'POST', '/', bearer(good.key), 'a body'),
  ];
  const statuses = [];
  for (const one of all) statuses.push(await refused(one, [502, 503]));
  return [...new Set(statuses)].join(', ');
};

for (const [, port] of proxies) {
  for (let tries = 0; tries < 50 && !(await send(port, 'GET', '/').catch(() => undefined)); tries += 1) await wait(200);
}
const rows: string[][] = [];
let failed = 0;
const note = async (name: string, what: string, work: Case, port: string) => {
  const result = await work(port, name).catch((error: Error) => {
    failed += 1;
    return `FAILED: ${error.message}`;
  });
  rows.push([name, what, result]);
};
for (const [name, port] of proxies)
  for (const [what, work] of Object.entries(cases)) await note(name, what, work, port);
process.kill(Number(pid), 'SIGTERM');
for (
  let tries = 0;
  tries < 100 &&
  (await send(latchkey, 'GET', '/healthz').then(
    () => true,
    () => false,
  ));
  tries += 1
)
  await wait(100);
for (const [name, port] of proxies) await note(name, 'Latchkey down', down, port);
server.close();

const columns = ['', ...proxies.map(([name]) => name)];
const lines = [...Object.keys(cases), 'Latchkey down'].map((what) => [
  what,
  ...proxies.map(([name]) => rows.find(([of, its]) => of === name && its === what)?.[2] ?? ''),
]);
const widths = columns.map((_, at) => Math.max(...[columns, ...lines].map((row) => row[at]?.length ?? 0)));
for (const row of [columns, ...lines])
  process.stdout.write(
    `${row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd()}\n`,
  );
process.exit(failed > 0 ? 1 : 0);
