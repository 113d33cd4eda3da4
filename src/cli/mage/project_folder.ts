import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path';
import { Stop } from '../stop.ts';

/** A folder of which nothing outside is read, whatever its files say and wherever its links lead. */
export interface ProjectFolder {
  /** The text of a file; undefined where there is none. Throws a `Stop` for what leads out, is no file or no text. */
  text(path: string): string | undefined;
  /** What lies in a folder in it, by name; nothing where there is none. Throws a `Stop` for what leads out. */
  list(path: string): Dirent[];
}

/** The largest file that is read; bytes. A request may have no more (docs/compat/mage.md: Stricter than Mage). */
const largest = 1_000_000;

/** Opens a folder. Throws a `Stop` where there is none. */
export function openProjectFolder(path: string): ProjectFolder {
  const root = realOf(path);
  if (root === undefined || !statSync(root).isDirectory()) throw new Stop('usage', `${path} is no folder.`);
  const within = (part: string): string | undefined => {
    const plain = normalize(part);
    if (part.includes('\0') || isAbsolute(plain) || isOut(plain)) throw leadsOut(part);
    const real = realOf(join(root, plain));
    if (isOut(relative(root, real ?? nearest(join(root, plain))))) throw leadsOut(part);
    return real;
  };
  return {
    text(part) {
      const real = within(part);
      if (real === undefined) return undefined;
      const found = statSync(real);
      // A pipe would be waited for.
      if (!found.isFile()) throw new Stop('usage', `${part} is no file.`);
      if (found.size > largest) throw new Stop('usage', `${part} has more than ${largest} bytes.`);
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(readFileSync(real));
      } catch (error) {
        throw new Stop('usage', `${part} is no text in UTF-8, or cannot be read.`, { cause: error });
      }
    },
    list(part) {
      const real = within(part);
      if (real === undefined || !statSync(real).isDirectory()) return [];
      return readdirSync(real, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Stop('usage', `${path} cannot be read: ${code}.`, { cause: error });
  }
}

/** Where the nearest folder is that there is. */
const nearest = (path: string): string => realOf(dirname(path)) ?? nearest(dirname(path));
const isOut = (path: string) => path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path);
const leadsOut = (path: string) => new Stop('usage', `${path} leads out of the project: it is not read.`);
