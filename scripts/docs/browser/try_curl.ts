import type { Asked } from './try_request.ts';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The request for a terminal, with variables in the place of credentials: what is copied gives nothing away. */
export function curlOf({ verb, address, headers, secrets, media, text, fields, file }: Asked, accept: string): string {
  const inQuery = secrets.filter(({ where }) => where === 'query').map(({ name, variable }) => `${name}=$${variable}`);
  const joined = inQuery.length > 0 ? `${address.includes('?') ? '&' : '?'}${inQuery.join('&')}` : '';
  const lines = [`curl "${location.origin}${address.replaceAll(/["$`\\]/g, '\\$&')}${joined}"`];
  const hasBody = text !== undefined || fields !== undefined || file !== undefined;
  if (verb !== (hasBody ? 'POST' : 'GET')) lines.push(`-X ${verb}`);
  for (const { where, name, before, variable } of secrets)
    if (where === 'header') lines.push(`-H "${name}: ${before}$${variable}"`);
  for (const [name, value] of headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (hasBody && !media.startsWith('multipart/')) lines.push(`-H ${quoted(`Content-Type: ${media}`)}`);
  const data = media === 'application/json' ? '-d' : '--data-binary';
  if (text) lines.push(`${data} ${quoted(text)}`);
  if (file) lines.push(`--data-binary ${quoted(`@${file.name}`)}`);
  const form = media.startsWith('multipart/') ? '-F' : '--data-urlencode';
  for (const [name, value] of fields ?? [])
    lines.push(`${form} ${quoted(`${name}=${typeof value === 'string' ? value : `@${value.name}`}`)}`);
  if (/event-stream|ndjson/.test(accept)) lines.push('--no-buffer');
  return lines.join(' \\\n  ');
}
