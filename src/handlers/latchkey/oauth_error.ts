import type { Failure } from '../../contract/failure.ts';

/** What is wrong, by field; for what is inside of a field, by its name. */
type Fields = { [name: string]: string[] | Fields };

/** The operations whose mistakes are written as RFC 6749 §5.2 has them: programs of others know no other way. */
export const speakOAuth: ReadonlySet<string> = new Set(['authorizeDevice', 'pollDevice']);

/** A mistake of a request for a token; `fields` where it is about some. */
export function oauthError(
  { reason, message }: Failure,
  fields: Fields | undefined,
): { error: string; error_description: string } {
  const error = reason && 'oauth' in reason ? reason.oauth : 'invalid_request';
  return { error, error_description: plain(fields ? sentences(fields).join(' ') : message) };
}

function sentences(fields: Fields, within = ''): string[] {
  return Object.entries(fields).flatMap(([name, said]) =>
    Array.isArray(said) ? said.map((one) => `${within}${name}: ${one}`) : sentences(said, `${within}${name}.`),
  );
}

/** What may stand in a description: printed ASCII without `"` and `\`. */
const plain = (text: string) => text.replaceAll('’', "'").replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?');
