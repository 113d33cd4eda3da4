// What a large upload costs: time, and the memory of the process that takes it.
import { type ChildProcess, spawn } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const password = 'bench password';
const applicationKey = 'bench-application-key';

/** A server of the build on a folder of its own, as `npm start` runs it. */
async function startLatchkey(data: string, bytes: number): Promise<{ child: ChildProcess; origin: string }> {
  const settings = {
    PORT: '0',
    LATCHKEY_DATA: data,
    LATCHKEY_OWNER_PASSWORD: password,
    LATCHKEY_APPLICATION_KEY: applicationKey,
    LATCHKEY_MAX_UPLOAD_BYTES: String(bytes),
  };
  const main = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { ...process.env, ...settings } });
  let said = '';
  const ended = once(child, 'exit');
  ended.then(([code]) => code && process.stderr.write(said));
  child.stderr.on('data', (chunk) => (said += chunk));
  for await (const chunk of child.stdout) {
    said += chunk;
    const origin = /^ {2}API +(\S+)$/m.exec(said)?.[1];
    if (origin) return { child, origin };
  }
  throw new Error(`the server did not start:\n${said}`);
}

/** Bytes that do not compress, made as they are sent. */
async function* noise(bytes: number, hash: { update(chunk: Buffer): unknown }): AsyncGenerator<Buffer> {
  const cipher = createCipheriv('aes-128-ctr', randomBytes(16), randomBytes(16));
  const zeros = Buffer.alloc(256 * 1024);
  for (let left = bytes; left > 0; left -= zeros.length) {
    const chunk = cipher.update(left < zeros.length ? zeros.subarray(0, left) : zeros);
    hash.update(chunk);
    yield chunk;
  }
}

/** The most memory that a process had at once, in MB; undefined where the system does not say. */
function peakOf({ pid }: ChildProcess): number | undefined {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
  } catch {
    return undefined;
  }
}

async function signIn(origin: string): Promise<string> {
  const response = await fetch(`${origin}/api/v1/auth/login/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email: 'owner@localhost', password }),
  });
  return ((await response.json()) as { access: string }).access;
}

/** Uploads so many bytes to the MaiAgent surface, and downloads them again. */
async function measure(bytes: number) {
  const data = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const { child, origin } = await startLatchkey(data, bytes);
  try {
    const before = peakOf(child);
    const headers = { Authorization: `Bearer ${await signIn(origin)}` };
    const sent = createHash('sha256');
    const form = async function* () {
      const part = 'Content-Disposition: form-data; name="file"; filename="noise.mp4"\r\nContent-Type: video/mp4';
      yield Buffer.from(`--bench\r\n${part}\r\n\r\n`);
      yield* noise(bytes, sent);
      yield Buffer.from('\r\n--bench--\r\n');
    };
    const start = performance.now();
    const type = 'multipart/form-data; boundary=bench';
    const asked = request(`${origin}/api/v1/attachments-upload/`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': type },
    });
    const answered = once(asked, 'response');
    await pipeline(Readable.from(form()), asked);
    const [answer] = await answered;
    const body = JSON.parse((await answer.setEncoding('utf8').toArray()).join(''));
    if (answer.statusCode !== 201) throw new Error(`${answer.statusCode} ${JSON.stringify(body)}`);
    const up = (performance.now() - start) / 1000;

    const got = createHash('sha256');
    const again = performance.now();
    for await (const chunk of (await fetch(body.file)).body as unknown as AsyncIterable<Buffer>) got.update(chunk);
    const down = (performance.now() - again) / 1000;
    return { up, down, before, peak: peakOf(child), isSame: got.digest('hex') === sent.digest('hex') };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(data, { recursive: true });
  }
}

/** One large file, up and down. Quick: a sixteenth of it. */
export const upload = {
  about: 'a large upload: its time, and the memory that it takes',
  async run(quick: boolean) {
    const bytes = quick ? 2 ** 26 : 2 ** 30;
    const { up, down, before, peak, isSame } = await measure(bytes);
    const rate = (seconds: number) => Math.round(bytes / 2 ** 20 / seconds);
    process.stdout.write(`${bytes / 2 ** 20} MiB up: ${up.toFixed(1)} s, ${rate(up)} MiB/s\n`);
    process.stdout.write(`the same down: ${down.toFixed(1)} s, ${rate(down)} MiB/s\n`);
    process.stdout.write(`the most memory: ${before} MB before, ${peak} MB after; the same bytes: ${isSame}\n`);
    const seconds = { seconds_up: Number(up.toFixed(2)), seconds_down: Number(down.toFixed(2)) };
    return { bytes, ...seconds, peak_mb_before: before, peak_mb: peak, same_bytes: isSame };
  },
};
