import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { root } from '../children.js';
import { surfaces } from '../surfaces.js';

/** The contracts as they are published, `openapi/<surface>.json` and `.yaml`. */
export function contractFiles() {
  return surfaces.flatMap((surface) => {
    const json = readFileSync(join(root, `generated/${surface}.json`), 'utf8');
    const yaml = stringify(JSON.parse(json), { aliasDuplicateObjects: false, lineWidth: 0 });
    return [
      [`openapi/${surface}.json`, json],
      [`openapi/${surface}.yaml`, yaml],
    ];
  });
}
