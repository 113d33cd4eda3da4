// What a large upload costs: time, and the memory of the process that takes it.
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { peakOf, signIn, startLatchkey } from './built_server.ts';

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

/** Uploads so many bytes to the MaiAgent surface, and downloads them again. */
async function measure(bytes: number) {
  const data = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const { process: child, origin } = await startLatchkey(data, { LATCHKEY_MAX_UPLOAD_BYTES: String(bytes) });
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
