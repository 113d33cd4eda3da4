import { execFile, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { createLatchkey, LatchkeyError, type LatchkeyOptions } from '../../../generated/clients/typescript/index.js';
import type { Language, Samples } from './samples.ts';

const run = promisify(execFile);

/** Runs the samples of a surface; gives the status that each was answered with, by operationId. */
export type Runner = (samples: Samples, surface: string) => Promise<Record<string, number>>;

/** What runs here: Python and Go where the environment says by which program. */
export const runners: Partial<Record<Language, Runner>> = {
  curl: byCurl,
  typescript: byTypescript,
  ...(process.env.SAMPLES_PYTHON && { python: byPython }),
  ...(process.env.SAMPLES_GO && { go: byGo }),
};

async function byCurl(samples: Samples, surface: string): Promise<Record<string, number>> {
  const lines = samples.of(surface, 'curl').map(([id, curl]) => {
    const quiet = `${curl.includes('--output') ? '' : '-o /dev/null '}-s -S --max-time 20 -w '%{http_code}\\n'`;
    return `printf '%s ' ${id}\n${curl} \\\n  ${quiet}`;
  });
  const stdout = await said('bash', ['-c', lines.join('\n')], samples);
  const pairs = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  return Object.fromEntries(pairs.map(([id = '', status]) => [id, Number(status)]));
}

async function byTypescript(samples: Samples, surface: string): Promise<Record<string, number>> {
  const Async = (async () => undefined).constructor as new (
    ...text: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const statuses: Record<string, number> = {};
  for (const [id, typescript] of samples.of(surface, 'typescript')) {
    const own: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      statuses[id] = response.status;
      return response;
    };
    const made = (options: LatchkeyOptions) => createLatchkey({ ...options, fetch: own, retries: 0, timeout: 20_000 });
    const sample = new Async('createLatchkey', 'process', 'console', typescript.replace(/^import .*\n/, ''));
    await sample(made, { env: samples.env }, { log: () => undefined }).catch((error) => {
      if (!(error instanceof LatchkeyError)) throw new Error(`${id}: ${error}`);
      // Mage's errors come with 200.
      statuses[id] ??= error.status;
    });
  }
  return statuses;
}

/** All in one process: run_samples.py tells what the client made of each answer. */
async function byPython(samples: Samples, surface: string): Promise<Record<string, number>> {
  const program = resolve('tests/support/samples/run_samples.py');
  const given = JSON.stringify(Object.fromEntries(samples.of(surface, 'python')));
  return JSON.parse(await said(process.env.SAMPLES_PYTHON as string, [program], samples, given));
}

/** As one program: each sample's `main` is a function of it, and what would end the program is told. */
async function byGo(samples: Samples, surface: string): Promise<Record<string, number>> {
  const folder = join(samples.folder, `go-${surface}`);
  mkdirSync(folder);
  const all = samples.of(surface, 'go');
  for (const [id, go] of all)
    writeFileSync(
      join(folder, `${id}.go`),
      go
        .replace('\t"log"\n', '')
        .replace('func main()', `func sample${id}()`)
        .replaceAll('log.Fatal(err)', 'ended(err)'),
    );
  writeFileSync(
    join(folder, 'go.mod'),
    `module samples\n\ngo 1.24\n\nrequire latchkey.local/latchkey v0.0.0\n\nreplace latchkey.local/latchkey => ${resolve('generated/clients/go')}\n`,
  );
  const table = all.map(([id]) => `\t"${id}": sample${id},\n`).join('');
  writeFileSync(join(folder, 'main.go'), goMain.replace('TABLE', table));
  const go = process.env.SAMPLES_GO as string;
  await run(go, ['build', '-o', 'samples', '.'], { cwd: folder, env: { ...process.env, GOFLAGS: '-mod=mod' } });
  return JSON.parse(await said(join(folder, 'samples'), [], samples));
}

const goMain = `package main

import (
	"encoding/json"
	"errors"
	"os"

	"latchkey.local/latchkey"
)

var samples = map[string]func(){
TABLE}

type failure struct{ error }

func ended(err error) { panic(failure{err}) }

func status(sample func()) (status int) {
	defer func() {
		if said := recover(); said != nil {
			failed, isOurs := said.(failure)
			var told *latchkey.Error
			if !isOurs || !errors.As(failed.error, &told) {
				panic(said)
			}
			status = told.Status
		}
	}()
	sample()
	return 200
}

func main() {
	out := os.Stdout
	os.Stdout, _ = os.Open(os.DevNull)
	statuses := map[string]int{}
	for id, sample := range samples {
		statuses[id] = status(sample)
	}
	json.NewEncoder(out).Encode(statuses)
}
`;

/** What a program says, in the folder and the environment of the samples. */
async function said(program: string, args: string[], { folder, env }: Samples, given = ''): Promise<string> {
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...env } });
  let out = '';
  let wrong = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (wrong += chunk));
  child.stdin.end(given);
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${wrong}`);
  return out;
}
