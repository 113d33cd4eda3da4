import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../children.js';

/** What pages show or lead to and is no page: pictures, and the files of the examples, which a browser shows as text. */
export class Files {
  /** Their content by where they are on the site. */
  contents = new Map();
  /** What was asked for and is not there, as sentences. */
  problems = [];

  /**
   * @param {string} path from the project's root
   * @param {string} source the page that wants it
   * @returns {string} a link to it
   */
  take(path, source) {
    const found = statSync(join(root, path), { throwIfNoEntry: false })?.isFile();
    if (!found) {
      this.problems.push(`${source}: no page and no file: ${path}`);
      return '#';
    }
    const place = /\.(png|svg|jpg)$/.test(path) ? `files/${path}` : `files/${path}.txt`;
    this.contents.set(place, readFileSync(join(root, path)));
    return `docs:${place}`;
  }
}
