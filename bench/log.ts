import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createLog } from '../src/log.ts';
import { toDescriptor } from '../src/log_lines.ts';
import { requestLog } from '../src/request_log.ts';

const id = '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11';
const request = { url: '/v1/pipelines?limit=5', method: 'GET', headers: {} } as IncomingMessage;
const response = { statusCode: 200, writableFinished: true } as ServerResponse;

/** The line of a request alone, into a file: built, gathered and written. */
export const log = {
  about: 'what the line of a request costs',
  async run(quick: boolean) {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-log-'));
    const descriptor = openSync(join(folder, 'log'), 'w');
    const write = requestLog(createLog(toDescriptor(descriptor), 'info'));
    const lines = quick ? 50_000 : 500_000;
    const size = () => statSync(join(folder, 'log')).size;
    const round = async () => {
      const [before, begun] = [process.cpuUsage(), size()];
      for (let line = 1; line <= lines; line += 1) {
        write(request, response, id, Date.now());
        // As many as a turn of the event loop may see; what is gathered is written in between.
        if (line % 50 === 0) await setImmediate();
      }
      // All of them are there once nothing more comes.
      for (let last = -1; last !== size(); await setTimeout(200)) last = size();
      const { user, system } = process.cpuUsage(before);
      return { microseconds: (user + system) / lines, bytes: Math.round((size() - begun) / lines) };
    };
    await round();
    const rounds = [await round(), await round(), await round()];
    const [, middle] = rounds.sort((a, b) => a.microseconds - b.microseconds);
    const { microseconds, bytes } = middle as (typeof rounds)[number];
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
    process.stdout.write(`a line of ${bytes} bytes costs ${microseconds.toFixed(2)} µs of processor time\n`);
    return { microseconds, bytes };
  },
};
