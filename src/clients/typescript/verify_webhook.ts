/** The headers of a delivery, whatever the server that took it calls them by. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

type Bytes = Uint8Array<ArrayBuffer>;

/** What is wrong with a delivery that is not to be trusted. */
export class WebhookRefused extends Error {
  override name = 'WebhookRefused';
}

/**
 * Whether a delivery is the server's, and of now: gives what it says. It takes both forms, that of `/v1` and Mystic's peers
 * (`webhook-id`, `webhook-timestamp`, `webhook-signature`) and Magpipe's (`x-magpipe-signature`, which has no time).
 * @param body as it came, before anything read it as JSON
 * @param secret one of `whsec_…`, or several where it has just been rotated
 * @param tolerance seconds that the sender's clock and ours may be apart
 * Throws `WebhookRefused`.
 */
export async function verifyWebhook<Payload = unknown>(
  body: string | Uint8Array<ArrayBuffer>,
  headers: WebhookHeaders,
  secret: string | string[],
  { tolerance = 300 }: { tolerance?: number } = {},
): Promise<Payload> {
  const header = (name: string) => {
    if (headers instanceof Headers) return headers.get(name) ?? undefined;
    const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
    return Array.isArray(value) ? value[0] : value;
  };
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const magpipe = header('x-magpipe-signature');
  const [id, time, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header);
  const isStandard = id !== undefined && time !== undefined && signatures !== undefined;
  if (!isStandard && magpipe === undefined) throw new WebhookRefused('It is not signed.');
  if (isStandard && !(Math.abs(Date.now() / 1000 - Number(time)) <= tolerance))
    throw new WebhookRefused('It was signed at another time.');
  for (const one of [secret].flat()) {
    const isTheirs = isStandard
      ? await hasSigned(fromBase64(one.replace(/^whsec_/, '')), joined(`${id}.${time}.`, bytes), listed(signatures))
      : await hasSigned(new TextEncoder().encode(one), bytes, [fromHex(magpipe?.replace(/^sha256=/, '') ?? '')]);
    if (isTheirs) return JSON.parse(new TextDecoder().decode(bytes)) as Payload;
  }
  throw new WebhookRefused('It was signed with another secret.');
}

/** In the same time for every signature that is wrong: the platform compares. */
async function hasSigned(secret: Bytes, message: Bytes, signatures: Bytes[]): Promise<boolean> {
  if (secret.length === 0) return false;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify']);
  const verdicts = signatures.map((one) => crypto.subtle.verify('HMAC', key, one, message));
  return (await Promise.all(verdicts)).includes(true);
}

const listed = (signatures: string) =>
  signatures
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .map((one) => fromBase64(one.slice(3)));

function joined(before: string, after: Bytes): Bytes {
  const first = new TextEncoder().encode(before);
  const whole = new Uint8Array(first.length + after.length);
  whole.set(first);
  whole.set(after, first.length);
  return whole;
}

/** What is no base64 is nothing, which signs nothing. */
function fromBase64(text: string): Bytes {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const fromHex = (text: string) =>
  Uint8Array.from(text.match(/[\da-f]{2}/gi) ?? [], (pair) => Number.parseInt(pair, 16));
