import { lookup } from 'mime-types';
import type { Config } from '../../config.ts';

/** In code points. */
const longest = 255;

/** Controls, line separators, halves of surrogate pairs, and what turns the direction of writing around. */
const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu;

/**
 * A name that a client sent, as it is kept: the last segment of a path of either kind, NFC, without unseen characters, at
 * most 255 code points with its ending kept; `file` where nothing is left of it.
 */
export function cleanName(name: string): string {
  const segments = name.replace(unseen, '').normalize('NFC').split(/[/\\]/);
  const last = segments.map((segment) => segment.trim()).findLast((segment) => segment !== '');
  if (last === undefined || last === '.' || last === '..') return 'file';
  const points = [...last];
  if (points.length <= longest) return last;
  const ending = [...(/\.[^.]{1,32}$/u.exec(last)?.[0] ?? '')];
  return [...points.slice(0, longest - ending.length), ...ending].join('');
}

/** RFC 9110 §8.3.1, with the lengths of RFC 6838 §4.2; parameters are not kept. */
const mediaType = /^([\w!#$%&'*+.^`|~-]{1,127}\/[\w!#$%&'*+.^`|~-]{1,127})\s*(;|$)/;

const anything = 'application/octet-stream';

/** The media type that was sent, where it says something; else the one of the name's ending; else `application/octet-stream`. */
export function mediaTypeOf(sent: string, name: string): string {
  const type = mediaType.exec(sent.trim())?.[1]?.toLowerCase() ?? anything;
  return type === anything ? lookup(name) || anything : type;
}

/** Whether LATCHKEY_UPLOAD_TYPES has the ending of a name, in whatever case. */
export function permittedType({ uploadTypes }: Pick<Config, 'uploadTypes'>, name: string): boolean {
  const ending = /\.([^.]+)$/.exec(cleanName(name))?.[1]?.toLowerCase();
  return uploadTypes.includes('*') || (ending !== undefined && uploadTypes.includes(ending));
}
