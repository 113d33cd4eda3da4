import type { Sendable } from './body_of.ts';

type Told = (sent: number, total: number) => void;

/** The one way in which a browser tells how much of a request has gone; Node and workers have none. */
interface Xhr {
  upload: { onprogress: ((event: { loaded: number; total: number }) => void) | null };
  responseType: string;
  response: ArrayBuffer;
  status: number;
  statusText: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: unknown): void;
  abort(): void;
}

/** Sends like `fetch`, and tells how much has gone. `own`: a `fetch` that the caller gave, which is used whatever there is. */
export function sendWithProgress(
  url: string,
  init: RequestInit & { headers: Record<string, string> },
  { body, size }: Sendable,
  tell: Told,
  own: typeof fetch | undefined,
): Promise<Response> {
  const { XMLHttpRequest: Browser } = globalThis as { XMLHttpRequest?: new () => Xhr };
  if (!own && Browser) return byXhr(new Browser(), url, init, body, tell);
  const whole = new Response(body as NonNullable<RequestInit['body']>);
  const type = whole.headers.get('content-type');
  const counted = whole.body && inPieces(whole.body, (sent) => tell(Math.min(sent, size), size));
  const headers = { ...init.headers, ...(type && { 'Content-Type': type }) };
  return (own ?? fetch)(url, { ...init, headers, body: counted, duplex: 'half' } as RequestInit);
}

/** A body in pieces that are asked for as the one before has gone; what separates the parts of a form counts as well. */
function inPieces(body: ReadableStream<Uint8Array>, tell: (sent: number) => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let rest = new Uint8Array() as Uint8Array;
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    async pull(out) {
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return out.close();
        rest = value;
      }
      const piece = rest.subarray(0, 262_144);
      rest = rest.subarray(piece.length);
      sent += piece.length;
      out.enqueue(piece);
      tell(sent);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function byXhr(
  xhr: Xhr,
  url: string,
  init: RequestInit & { headers: Record<string, string> },
  body: unknown,
  tell: Told,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    xhr.open(init.method ?? 'POST', url);
    xhr.responseType = 'arraybuffer';
    for (const [name, value] of Object.entries(init.headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded, total }) => tell(loaded, total);
    xhr.onload = () => {
      const lines = xhr.getAllResponseHeaders().trim().split(/\r?\n/);
      const headers = lines
        .filter(Boolean)
        .map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
      const { status, statusText, response } = xhr;
      resolve(new Response(status === 204 ? null : response, { status, statusText, headers }));
    };
    xhr.onerror = () => reject(new TypeError('The request could not be sent.'));
    xhr.onabort = () => reject(init.signal?.reason);
    init.signal?.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}
