import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMap, isScalar, isSeq, parseDocument, Scalar } from 'yaml';
import { dump, type Remote, type Settings } from './pyyaml.ts';
import { resolvesTo } from './scalar.ts';
import { Stop } from './stop.ts';

/** Reads `config.yaml`; no file is no settings. Throws a `Stop` for one that cannot be read, and names it. */
export function load(file: string): Settings {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Stop('usage', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}.`, { cause: error });
  }
  return parse(text) ?? fail(file);
}

function fail(file: string): never {
  throw new Stop('usage', `${file} is no valid configuration file. Correct it, or remove it and sign in again.`);
}

/**
 * Reads what the real client wrote, or a person. Undefined where the real client refuses the file. Unknown keys are
 * ignored. Numbers and such are taken as they are written: a token of digits alone is a token.
 */
export function parse(text: string): Settings | undefined {
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'silent' });
  const root = document.contents;
  if (document.errors.length > 0 || document.warnings.length > 0 || !isMap(root)) return;
  const active = word(root.get('active_remote', true));
  const list = root.get('remotes', true);
  if (active === false) return;
  if (isNothing(list)) return { active_remote: active };
  if (!isSeq(list)) return;
  const remotes: Remote[] = [];
  for (const entry of list.items) {
    if (!isMap(entry)) return;
    const [alias, token, url] = ['alias', 'token', 'url'].map((name) => word(entry.get(name, true)));
    if (alias === false || token === false || url === false || url === undefined) return;
    remotes.push({ alias, token, url });
  }
  return { active_remote: active, remotes };
}

/** The text of a node, undefined where it is null or missing, false where it is a list or a map. */
function word(node: unknown): string | undefined | false {
  if (isNothing(node)) return undefined;
  return isScalar(node) ? String(node.value) : false;
}

function isNothing(node: unknown): boolean {
  if (node === undefined || node === null) return true;
  return isScalar(node) && node.type === Scalar.PLAIN && resolvesTo(String(node.value)) === 'null';
}

/**
 * Writes `config.yaml` in one step: who reads it meanwhile sees the old one or the new one. A new file is for its owner
 * alone (0600); one that is there keeps its mode.
 */
export function save(file: string, settings: Settings): void {
  write(file, dump(settings));
}

/** Writes a file in that way. */
export function write(file: string, text: string): void {
  const { real, mode } = target(file);
  const fresh = `${real}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(real), { recursive: true });
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
    chmodSync(fresh, mode);
    renameSync(fresh, real);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw new Stop('refused', `${file} cannot be written: ${(error as NodeJS.ErrnoException).code}.`, { cause: error });
  }
}

/** The file itself where there is a link to it. */
function target(file: string): { real: string; mode: number } {
  try {
    const real = realpathSync(file);
    return { real, mode: statSync(real).mode & 0o777 };
  } catch {
    return { real: file, mode: 0o600 };
  }
}
