import type { Told } from './latchkey_error.ts';

const codes: Record<number, string> = {
  400: 'invalid',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'not_allowed',
  409: 'conflict',
  410: 'gone',
  412: 'precondition_failed',
  413: 'too_large',
  415: 'unsupported',
  422: 'invalid',
  429: 'too_many',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
};

type Bag = Record<string, unknown>;
const isBag = (value: unknown): value is Bag => typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** What an answer says is wrong; undefined where it is none of an error. Mage's errors come with any status, 200 too. */
export function toldBy(response: Response, body: unknown): Told | undefined {
  const inner = isBag(body) && isBag(body.error) ? body.error : undefined;
  const isMage = inner !== undefined && ('code' in inner || 'exception' in inner);
  if (response.ok && !isMage) return undefined;
  const own = isMage && typeof inner.code === 'number' ? inner.code : response.status;
  // Mage's "Record is invalid" has the code 200.
  const status = own < 400 ? (response.ok ? 400 : response.status) : own;
  const { headers } = response;
  const { code, message, fields } = inner ? ofError(inner) : ofBody(body);
  return {
    status,
    code: code ?? codes[status] ?? (status >= 500 ? 'internal' : 'invalid'),
    message: message ?? `The server answered ${status}.`,
    ...(fields && Object.keys(fields).length > 0 && { fields }),
    requestId: headers.get('x-correlation-id') ?? headers.get('x-request-id') ?? undefined,
    docs: /<([^>]*)>;\s*rel="?help/.exec(headers.get('link') ?? '')?.[1],
    retryAfter: secondsOf(headers.get('retry-after')),
    body,
  };
}

interface Said {
  code?: string | undefined;
  message?: string | undefined;
  fields?: Record<string, string[]> | undefined;
}

/** `{error: {…}}`: Mage's and Magpipe's. */
function ofError(error: Bag): Said {
  const fields = isBag(error.errors) ? flat(error.errors) : undefined;
  return {
    code: textOf(error.type) ?? textOf(error.code),
    message: textOf(error.exception) ?? textOf(error.message),
    fields,
  };
}

/** A sentence, sentences by field, or pydantic's list of faults. */
function ofBody(body: unknown): Said {
  if (!isBag(body)) return { message: textOf(body)?.slice(0, 300) };
  const { detail, error, msg, message, error_code, code } = body;
  const named = { code: textOf(error_code) ?? textOf(code) };
  if (Array.isArray(detail)) {
    const fields: Record<string, string[]> = {};
    for (const fault of detail.filter(isBag)) {
      const place = [fault.loc].flat().filter((step) => step !== 'body' && step !== undefined);
      const name = place.join('.') || 'body';
      fields[name] = [...(fields[name] ?? []), String(fault.msg)];
    }
    return { ...named, fields, message: sentences(fields) };
  }
  if (isBag(detail)) return { ...named, message: textOf(detail.message) };
  const sentence = [detail, error, msg, message].find((said) => typeof said === 'string');
  if (typeof sentence === 'string') return { ...named, message: sentence };
  const fields = flat(body);
  return { ...named, fields, message: sentences(fields) };
}

function flat(said: unknown, at = ''): Record<string, string[]> {
  if (isBag(said)) {
    const parts = Object.entries(said).map(([name, below]) => flat(below, at ? `${at}.${name}` : name));
    return Object.assign({}, ...parts) as Record<string, string[]>;
  }
  const list = [said].flat();
  if (list.some(isBag)) return Object.assign({}, ...list.map((one, index) => flat(one, `${at}.${index}`)));
  return { [at || 'detail']: list.map(String) };
}

const sentences = (fields: Record<string, string[]>) =>
  Object.entries(fields)
    .map(([name, words]) => `${name}: ${words.join(' ')}`)
    .join(' ') || undefined;

/** Seconds, as a number or as the time when they are over. */
function secondsOf(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
