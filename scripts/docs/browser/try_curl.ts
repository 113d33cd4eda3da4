import type { Asked } from './try_request.ts';

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The request for a terminal, with variables in the place of credentials: what is copied gives nothing away. */
export function curlOf(
  { verb, address, headers, secrets, media, text, fields, open = [], file }: Asked,
  accept: string,
): string {
  const inQuery = secrets.filter(({ where }) => where === 'query').map(({ name, variable }) => `${name}=$${variable}`);
  const joined = inQuery.length > 0 ? `${address.includes('?') ? '&' : '?'}${inQuery.join('&')}` : '';
  const lines = [`curl "${location.origin}${address.replaceAll(/["$`\\]/g, '\\$&')}${joined}"`];
  const hasBody = Boolean(text) || file !== undefined || (fields ?? []).length + open.length > 0;
  if (verb !== (hasBody ? 'POST' : 'GET')) lines.push(`-X ${verb}`);
  for (const { where, name, before, variable } of secrets)
    if (where === 'header') lines.push(`-H "${name}: ${before}$${variable}"`);
  for (const [name, value] of headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (hasBody && !media.startsWith('multipart/')) lines.push(`-H ${quoted(`Content-Type: ${media}`)}`);
  // What begins with @ would be the name of a file.
  const data = media !== 'application/json' ? '--data-binary' : text?.startsWith('@') ? '--data-raw' : '-d';
  if (text) lines.push(`${data} ${quoted(text)}`);
  if (file) lines.push(`--data-binary ${quoted(`@${file.name}`)}`);
  const form = media.startsWith('multipart/') ? '-F' : '--data-urlencode';
  for (const [name, value] of fields ?? [])
    if (typeof value !== 'string') lines.push(`${form} ${quoted(`${name}=@${value.name}`)}`);
    else lines.push(`${form === '-F' && /^[@<]/.test(value) ? '--form-string' : form} ${quoted(`${name}=${value}`)}`);
  for (const name of open) lines.push(`${form} ${quoted(`${name}=@FILE`)}`);
  if (/event-stream|ndjson/.test(accept)) lines.push('--no-buffer');
  return lines.join(' \\\n  ');
}
