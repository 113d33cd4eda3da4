// What we add to the first words of an answer in pieces, beside a bare proxy; and how many at once.
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakOf, signIn, startLatchkey } from './built_server.ts';
import { start, table } from './measure.ts';
import { percentile } from './process.ts';

interface Way {
  url: string;
  headers: Record<string, string>;
  body: string;
}

const json = { 'Content-Type': 'application/json' };

/** Asks, and gives the milliseconds until the first piece and the number of pieces; throws for an answer that is not whole. */
async function ask({ url, headers, body }: Way): Promise<{ first: number; pieces: number }> {
  const begin = performance.now();
  const response = await fetch(url, { method: 'POST', headers: { ...json, ...headers }, body });
  let first = 0;
  let text = '';
  for await (const piece of (response.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream() as never,
  ) as unknown as AsyncIterable<string>) {
    text += piece;
    if (first === 0 && text.includes('piece 0')) first = performance.now() - begin;
  }
  if (first === 0 || text.includes('"error"')) throw new Error(`${url}: ${response.status} ${text.slice(0, 200)}`);
  return { first, pieces: text.split('piece ').length - 1 };
}

/** A key, as programs send one. */
async function keyOf(origin: string): Promise<string> {
  const headers = { ...json, Authorization: `Bearer ${await signIn(origin)}` };
  const made = await fetch(`${origin}/v1/keys`, { method: 'POST', headers, body: JSON.stringify({ name: 'bench' }) });
  return `Api-Key ${((await made.json()) as { key: string }).key}`;
}

async function measure(quick: boolean) {
  const model = await start('./stream_servers.ts', 'model');
  const proxy = await start('./stream_servers.ts', `proxy ${new URL(model.origin).port}`);
  const data = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const models = join(data, '..', `models-${process.pid}.json`);
  writeFileSync(
    models,
    JSON.stringify({ models: [{ name: 'm', kind: 'chat', base_url: `${model.origin}/v1`, model: 'm' }] }),
  );
  const { process: child, origin } = await startLatchkey(data, { LATCHKEY_MODELS: models });
  try {
    const headers = { Authorization: await keyOf(origin) };
    const call = async <Answer>(method: string, path: string, sent?: object) => {
      const body = sent && JSON.stringify(sent);
      const response = await fetch(`${origin}/api/v1${path}`, {
        method,
        headers: { ...json, ...headers },
        ...(body && { body }),
      });
      return (await response.json()) as Answer;
    };
    const [first] = await call<{ id: string }[]>('GET', '/large-language-models/');
    const chatbot = await call<{ id: string }>('POST', '/chatbots/', { name: 'bench', largeLanguageModel: first?.id });
    const direct = JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'hello' }] });
    const completions = (content: string): Way => ({
      url: `${origin}/api/v1/chatbots/${chatbot.id}/completions/`,
      ...{ headers, body: JSON.stringify({ message: { content }, isStreaming: true }) },
    });
    const path = '/v1/chat/completions';
    const ways: Record<string, Way> = {
      model: { url: `${model.origin}${path}`, headers: {}, body: direct },
      proxy: { url: `${proxy.origin}${path}`, headers: {}, body: direct },
      latchkey: completions('hello'),
    };
    const times: Record<string, number[]> = { model: [], proxy: [], latchkey: [] };
    const rounds = quick ? 100 : 500;
    for (let round = -50; round < rounds; round += 1) {
      for (const [name, way] of Object.entries(ways)) {
        const { first } = await ask(way);
        if (round >= 0) times[name]?.push(first);
      }
    }
    const before = peakOf(child);
    const begin = performance.now();
    const together = await Promise.all(Array.from({ length: 200 }, () => ask(completions('50,20'))));
    const seconds = (performance.now() - begin) / 1000;
    const whole = together.filter(({ pieces }) => pieces === 50).length;
    return {
      times,
      together: { whole, seconds, first: together.map(({ first }) => first) },
      before,
      peak: peakOf(child),
    };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(data, { recursive: true });
    rmSync(models);
    for (const { process: one } of [proxy, model]) one.disconnect();
  }
}

/** The first words, one answer after the other, and then 200 answers at once. */
export const streamBench = {
  about: 'answers in pieces: the first words beside a bare proxy, and 200 at once',
  async run(quick: boolean) {
    const { times, together, before, peak } = await measure(quick);
    const at = (name: string, p: number) => percentile(times[name] ?? [], p);
    const rows = Object.keys(times).map((name) => [name, ...[50, 99].map((p) => `${at(name, p).toFixed(2)} ms`)]);
    process.stdout.write(`${table([['first words', 'p50', 'p99'], ...rows])}\n`);
    const ratio = (p: number) => Number((at('latchkey', p) / at('proxy', p)).toFixed(2));
    process.stdout.write(`latchkey ÷ proxy: p50 ${ratio(50)}, p99 ${ratio(99)}\n`);
    const { whole, seconds, first } = together;
    process.stdout.write(
      `200 at once: ${whole} whole in ${seconds.toFixed(1)} s, first words p99 ${percentile(first, 99).toFixed(0)} ms; the most memory: ${before} MB before, ${peak} MB after\n`,
    );
    return {
      p50: ratio(50),
      p99: ratio(99),
      ms: Object.fromEntries(Object.keys(times).map((name) => [name, [at(name, 50), at(name, 99)]])),
      whole,
      seconds,
      peak_mb_before: before,
      peak_mb: peak,
    };
  },
};
