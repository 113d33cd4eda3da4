import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A document of the corpus. */
export interface Document {
  name: string;
  package: string;
  path: string;
  pages: number;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

export const documents: Document[] = read('./corpus.json').documents;
export const questions: { document: string; question: string; answer: string }[] = read('./questions.json').questions;

/** Where packages are unpacked that are not installed. */
const folder = join(homedir(), '.cache', 'latchkey-retrieval');

/** The bytes of a document: of the package as it is installed, or as `apt-get download` gives it. */
export function bytesOf({ package: name, path }: Document): Buffer {
  const installed = existsSync(path) ? path : join(unpacked(name), path);
  const bytes = readFileSync(installed);
  return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function unpacked(name: string): string {
  const target = join(folder, name);
  if (existsSync(join(target, 'usr'))) return target;
  mkdirSync(target, { recursive: true });
  process.stderr.write(`fetching ${name} …\n`);
  execFileSync('apt-get', ['download', name], { cwd: target, stdio: ['ignore', 'ignore', 'inherit'] });
  const archive = readdirSync(target).find((file) => file.endsWith('.deb'));
  execFileSync('dpkg', ['-x', archive ?? '', '.'], { cwd: target });
  return target;
}

/** A text without blanks: a book breaks its lines where it likes. */
export const dense = (text: string) => text.normalize('NFKC').replace(/\s+/g, '');

/** Runs of words that two texts share and should not: three words, or five characters of Chinese. */
export function sharedRuns(question: string, text: string): string[] {
  const runs = (of: string) => {
    const words = of.toLowerCase().match(/\p{Script=Han}|[a-z0-9_.+-]+/gu) ?? [];
    const isHan = (word: string) => /\p{Script=Han}/u.test(word);
    const all = [3, 5].flatMap((size) =>
      words.map((_word, at) => words.slice(at, at + size)).filter((run) => run.length === size),
    );
    return all.filter((run) => run.length === 5 || !run.some(isHan)).map((run) => run.join(' '));
  };
  const theirs = new Set(runs(text));
  return runs(question).filter((run) => theirs.has(run));
}
