/** An event that the server sent. */
export interface ServerEvent<Data = unknown> {
  id: string | undefined;
  event: string;
  data: Data;
}

/** The lines of a body, as they come. What is read no further is given up. */
export async function* linesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string, void, undefined> {
  if (!body) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? '';
      yield* lines;
      if (done) break;
    }
    if (rest !== '') yield rest;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The JSON of each line. */
export async function* jsonLinesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<unknown, void, undefined> {
  for await (const line of linesOf(body)) if (line.trim() !== '') yield JSON.parse(line);
}

/** Server-sent events, as the WHATWG writes them; `data` is read as JSON where it is. */
export async function* eventsOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ServerEvent, void, undefined> {
  let id: string | undefined;
  let event = 'message';
  let data: string[] = [];
  for await (const line of linesOf(body)) {
    if (line === '') {
      if (data.length > 0) yield { id, event, data: jsonOf(data.join('\n')) };
      event = 'message';
      data = [];
      continue;
    }
    const [, name, value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (name === 'id') id = value;
    else if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
