import { type Answer, ask, Declined } from './ask.ts';

/**
 * Sends a file, and says how much of it is on its way, from 0 to 1: `fetch` does not. Throws as every request, and `Declined` where
 * the signal ends it.
 */
export function upload<Body>(
  file: File,
  attempt: string,
  { onProgress, signal }: { onProgress(part: number): void; signal: AbortSignal },
): Promise<Body> {
  return ask<Body>(
    () =>
      new Promise<Answer<Body>>((resolve, reject) => {
        const request = new XMLHttpRequest();
        request.open('POST', '/v1/files');
        request.setRequestHeader('Idempotency-Key', attempt);
        request.responseType = 'json';
        request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
        request.onload = () => {
          const { status, response: body } = request;
          const ok = status < 300;
          resolve({ response: { status, ok }, ...(ok ? { data: body } : { error: body }) });
        };
        request.onerror = () => reject(new Error('cut off'));
        request.onabort = () => reject(new Declined());
        signal.onabort = () => request.abort();
        const form = new FormData();
        form.set('file', file);
        request.send(form);
      }),
  );
}
