import { indented } from './indented.ts';

/** More characters than this are not shown, and not read: a page of a browser is no place for them. */
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
  if (/event-stream|ndjson/.test(type)) {
    for await (const { text } of pieces(response)) place.body.textContent = text;
    return undefined;
  }
  if (!/json/.test(type) && !/^text\//.test(type)) return void download(place, await response.blob(), response);
  let all = { text: '', isCut: false };
  for await (const soFar of pieces(response)) all = soFar;
  place.body.textContent = /json/.test(type) && !all.isCut ? indented(all.text) : all.text;
  return all.isCut ? undefined : parsed(all.text);
}

/** The text of an answer as it grows. What is more than can be shown is not waited for. */
async function* pieces(response: Response): AsyncGenerator<{ text: string; isCut: boolean }> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done) return;
    text += value;
    if (text.length > most) {
      yield { text: `${text.slice(0, most)}\n… and more, which is not shown here`, isCut: true };
      return void (await reader?.cancel());
    }
    yield { text, isCut: false };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
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
