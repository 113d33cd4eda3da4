import { basename } from 'node:path';
import { showProgress } from './output.ts';
import { type Field, sentForm } from './sent_form.ts';
import { call } from './server.ts';

/** Uploads a file as it is read, and gives the answer. Throws a `Stop` for what is no file. */
export async function upload(path: string): Promise<string> {
  // The name is a field of its own, as no two servers read quotes in a file name alike.
  const fields: Field[] = [
    { name: 'name', text: basename(path) },
    { name: 'pfile', path, filename: 'file' },
  ];
  const { body, headers, size } = sentForm(fields);
  const progress = showProgress('{bar} {percentage}% | {eta_formatted} left', size);
  try {
    return (await call('createFile', { body: body(progress.to), headers })).text;
  } finally {
    progress.end();
  }
}
