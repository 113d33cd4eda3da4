import { indented } from './indented.ts';

/** More than this is not shown: a page of a browser is no place for it. */
const most = 200_000;

/** Where an answer is shown; everything goes there as text. */
export interface Place {
  status: HTMLElement;
  headers: HTMLElement;
  body: HTMLElement;
  after: HTMLElement;
}

/** Shows an answer as it comes. Gives what it was, if that is JSON. */
export async function show(place: Place, response: Response, milliseconds: number): Promise<unknown> {
  const { status, statusText, headers } = response;
  place.status.textContent = `${status} ${statusText || ''} · ${Math.round(milliseconds)} ms`.replace('  ', ' ');
  place.status.dataset.class = String(status)[0];
  place.headers.textContent = [...headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  place.after.replaceChildren();
  place.body.textContent = '';
  const type = headers.get('Content-Type') ?? '';
  if (/event-stream|ndjson/.test(type)) return void (await follow(place.body, response));
  if (/json/.test(type)) {
    const text = await response.text();
    place.body.textContent = cut(indented(text));
    return parsed(text);
  }
  if (/^text\//.test(type)) {
    place.body.textContent = cut(await response.text());
    return undefined;
  }
  return void download(place, await response.blob(), response);
}

const cut = (text: string) =>
  text.length > most ? `${text.slice(0, most)}\n… ${text.length - most} characters more` : text;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What comes piece by piece is shown so. */
async function follow(body: HTMLElement, response: Response): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return;
    body.textContent = cut((body.textContent ?? '') + value);
  }
}

let address: string | undefined;

/** Bytes are given away to be kept. */
function download(place: Place, bytes: Blob, response: Response): void {
  if (address) URL.revokeObjectURL(address);
  place.body.textContent = bytes.size === 0 ? '(no body)' : `${bytes.size} bytes, ${bytes.type || 'of no type'}`;
  if (bytes.size === 0) return;
  address = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = new URL(response.url).pathname.split('/').filter(Boolean).at(-1) ?? 'answer';
  link.textContent = 'Keep it as a file';
  place.after.append(link);
}
