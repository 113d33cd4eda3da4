// Beside what a stream is measured: a model that answers at once, and a bare proxy before it. `stream_servers.ts KIND`.
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';

const [kind = '', port = ''] = (process.argv[2] ?? '').split(' ');

const chunk = (content: string) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
const end = `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\ndata: [DONE]\n\n`;

/** The question may say how many pieces there shall be, and the milliseconds between them: `50,20`. */
const model: RequestListener = async (asked, answer) => {
  let text = '';
  for await (const piece of asked) text += piece;
  const [, count = '5', pause = '0'] = /(\d+),(\d+)/.exec(text) ?? [];
  answer.writeHead(200, { 'Content-Type': 'text/event-stream' });
  for (let piece = 0; piece < Number(count) && !answer.destroyed; piece += 1) {
    answer.write(chunk(`piece ${piece} `));
    if (Number(pause) > 0) await after(Number(pause));
  }
  answer.end(end);
};

const proxy: RequestListener = (asked, answer) => {
  const { method, headers, url: path } = asked;
  const onward = request({ port: Number(port), method, headers, path }, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.headers);
    got.pipe(answer);
  });
  asked.pipe(onward);
};

const server = createServer(kind === 'model' ? model : proxy).listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit(0));
