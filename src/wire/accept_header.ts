import { remembered } from '../core/known_texts.ts';

/**
 * Whether a client's Accept has JSON in it. Parameters and weights do not exclude it, and neither does a browser that
 * names HTML alone: none of the originals looks so closely.
 */
export function acceptsJson(accept: string | undefined): boolean {
  return accept === undefined || hasJson(accept);
}

const hasJson = remembered((accept) => {
  const ranges = accept.split(',').map((range) => (range.split(';')[0] ?? '').trim().toLowerCase());
  const named = ranges.filter((range) => range !== '');
  return named.length === 0 || named.some((range) => fits.test(range));
});

const fits = /^(\*|\*\/\*|application\/\*|(application|text)\/([\w.-]+\+)?json|text\/html|application\/xhtml\+xml)$/;
