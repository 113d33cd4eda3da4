import { addressOf } from './sample.js';

const credentials = {
  bearer: ['Authorization: Bearer $LATCHKEY_API_KEY'],
  key: ['Authorization: Api-Key $LATCHKEY_API_KEY'],
  mage: ['X-API-KEY: $LATCHKEY_API_KEY'],
  gotrue: ['apikey: $LATCHKEY_APPLICATION_KEY', 'Authorization: Bearer $LATCHKEY_API_KEY'],
};
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** A call with curl. */
export function curlOf(sample) {
  const { method, headers, body, open, dress } = sample;
  const lines = [`curl "$LATCHKEY_URL${addressOf(sample)}"`];
  if (method.verb !== (method.body ? 'POST' : 'GET')) lines.push(`-X ${method.verb}`);
  else if (method.verb === 'POST' && body === undefined) lines.push('-X POST');
  const named = open ? (dress === 'gotrue' ? credentials.gotrue.slice(0, 1) : []) : credentials[dress];
  for (const header of named) lines.push(`-H "${header}"`);
  for (const { name, value } of headers) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (method.body && body !== undefined) lines.push(...bodyOf(method.body, body));
  if (method.answer.kind === 'bytes') lines.push('--location --output file');
  if (method.answer.kind === 'events' || method.answer.kind === 'lines') lines.push('--no-buffer');
  return lines.join(' \\\n  ');
}

function bodyOf({ kind, media, files }, body) {
  if (kind === 'form')
    return Object.entries(body).map(([name, value]) =>
      files.includes(name) ? `-F ${quoted(`${name}=@${value}`)}` : `-F ${quoted(`${name}=${value}`)}`,
    );
  if (kind === 'lines')
    return [
      `-H 'Content-Type: ${media}'`,
      `--data-binary ${quoted(body.map((line) => JSON.stringify(line)).join('\n'))}`,
    ];
  if (kind === 'bytes') return [`-H 'Content-Type: ${media}'`, `--data-binary ${quoted(String(body))}`];
  return [`-H 'Content-Type: ${media}'`, `-d ${quoted(JSON.stringify(body))}`];
}
