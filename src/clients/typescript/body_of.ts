import type { Written } from './route.ts';

/** What a body is when it is sent. */
export interface Sendable {
  body: FormData | string | Blob;
  type: string | undefined;
  /** Its bytes, where a caller wants to know how much of it has gone; 0 where nobody knows. */
  size: number;
}

/** Writes a body. A file is a `Blob` or a `File`; `fs.openAsBlob` makes one that is read as it is sent. */
export function bodyOf(written: Written, value: unknown): Sendable {
  if (written === 'form') {
    const form = new FormData();
    let size = 0;
    for (const [name, one] of Object.entries(value as object)) {
      if (one === undefined || one === null) continue;
      if (one instanceof Blob) size += one.size;
      const text = typeof one === 'object' && !(one instanceof Blob) ? JSON.stringify(one) : one;
      form.append(name, text instanceof Blob ? text : String(text));
    }
    return { body: form, type: undefined, size };
  }
  if (written === 'bytes') {
    const blob = value instanceof Blob ? value : new Blob([value as string | ArrayBuffer]);
    return { body: blob, type: blob.type || 'application/octet-stream', size: blob.size };
  }
  if (written === 'lines') {
    const lines = (value as unknown[]).map((line) => JSON.stringify(line));
    return { body: lines.join('\n'), type: 'application/x-ndjson', size: 0 };
  }
  if (written === 'fields')
    return {
      body: new URLSearchParams(value as Record<string, string>).toString(),
      type: 'application/x-www-form-urlencoded',
      size: 0,
    };
  return { body: JSON.stringify(value), type: 'application/json', size: 0 };
}
