import { randomUUID } from 'node:crypto';
import { createWriteStream, openSync, renameSync, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brokeOff } from './answer.ts';
import { onInterrupt } from './interrupt.ts';
import { showProgress } from './output.ts';
import { open } from './server.ts';
import { Stop } from './stop.ts';

/** Writes the bytes of a file to a path, or to stdout for `-`, and gives how many they are. */
export async function download(file: string, output: string, isForced: boolean): Promise<number> {
  const target = openTarget(output, isForced);
  const forget = onInterrupt(target.drop);
  let bytes = 0;
  try {
    const answer = await open('downloadPipelineFile', { path: { file_id: file } });
    const progress = showProgress('{bar} {percentage}%', Number(answer.headers['content-length'] ?? 0));
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      progress.to(bytes);
    });
    await pipeline(answer, target.stream, { end: target.stream !== process.stdout }).finally(progress.end);
    target.keep();
  } catch (error) {
    target.drop();
    throw brokeOff(error);
  } finally {
    forget();
  }
  return bytes;
}

/** Where bytes go to: what was there before is kept until all of them are there. */
interface Target {
  stream: Writable;
  keep(): void;
  drop(): void;
}

function openTarget(output: string, isForced: boolean): Target {
  if (output === '-') return { stream: process.stdout, keep() {}, drop() {} };
  const written = isForced ? `${output}.${randomUUID()}.tmp` : output;
  try {
    const fd = openSync(written, 'wx');
    return {
      stream: createWriteStream(written, { fd }),
      keep: () => isForced && renameSync(written, output),
      drop: () => rmSync(written, { force: true }),
    };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'is there already: take another name, or --force' : `cannot be written: ${code}`;
    throw new Stop('usage', `${output} ${why}.`, { cause: error });
  }
}
