import type { IncomingMessage } from 'node:http';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { brokeOff, isSuccess, parse, read, refusal } from '../answer.ts';
import type { Command, Given } from '../command.ts';
import { findCredential } from '../credential.ts';
import { bytesOf, reference } from '../input.ts';
import { isSelecting, note, printJson, printRaw } from '../output.ts';
import { type Message, type Surface, send, surfaces } from '../request.ts';
import { type Field, sentForm } from '../sent_form.ts';
import { Stop } from '../stop.ts';

/** Anything that no other command does. It calls what it is told to, so that no operation is named here. */
export const api: Command = {
  name: 'api',
  about: 'send any request with your token, and print the body of the answer',
  arguments: [
    { name: 'method', about: 'GET, POST, …' },
    { name: 'path', about: 'with its query, such as /v4/pipelines?limit=1' },
  ],
  flags: [
    { form: '-d, --data <json>', about: 'the body; @file reads it, @- reads stdin' },
    {
      form: '-F, --form <field>',
      about: 'a field of a form, name=text; name=@file sends a file; may be given again',
      list: 'fields',
    },
    { form: '-H, --header <header>', about: 'such as "X-Request-Id: mine"; may be given again', list: 'headers' },
    {
      form: '--as <surface>',
      about: `the surface whose credential is sent: ${surfaces.join(', ')} (default: that of the path)`,
    },
    { form: '-i, --include', about: 'the status and the headers of the answer, on stderr' },
    { form: '-v, --verbose', about: 'the status of the answer, on stderr' },
  ],
  calls: [],
  examples: [
    'api GET /v4/users/me',
    `api POST /v4/tokens -d '{"name": "ci"}'`,
    'api POST /api/v1/attachments-upload/ -F file=@cat.png',
    'api DELETE /v4/pointers/owner/a:v1 -v',
    'api GET /api/pipelines --as mage --select ".pipelines[].name"',
    'api GET /api/v1/users/current/ --as maiagent',
  ],
  run: async ({ words, lists, switches }: Given) => {
    const { method = '', path = '', data } = words;
    if (!/^[A-Za-z]+$/.test(method)) throw new Stop('usage', `${JSON.stringify(method)} is no method.`);
    if (!path.startsWith('/'))
      throw new Stop('usage', 'The path begins with a slash: the server is that of your token.');
    const headers = headersOf(lists.headers ?? []);
    const body = await bodyOf(data, lists.fields ?? [], headers);
    const as = surfaceOf(words.as ?? usualFor(path));
    const answer = await send(findCredential(), method.toUpperCase(), escaped(path), { headers, body, as });
    const { statusCode = 0, statusMessage, rawHeaders } = answer;
    if (switches.has('verbose') || switches.has('include')) note(`HTTP ${statusCode} ${statusMessage}`);
    if (switches.has('include')) {
      for (let at = 0; at < rawHeaders.length; at += 2) note(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    }
    const text = await shown(answer);
    if (!isSuccess(answer)) throw refusal({ status: statusCode, headers: answer.headers, text });
  },
};

/** Prints the body, or what was asked for of it; of a refusal, all. Gives its beginning. */
async function shown(answer: IncomingMessage): Promise<string> {
  if (!isSelecting() || !isSuccess(answer)) {
    return printRaw(answer).catch((error) => {
      throw brokeOff(error);
    });
  }
  const { text } = await read(answer);
  printJson(text);
  return text;
}

function surfaceOf(name: string): Surface {
  const surface = surfaces.find((each) => each === name);
  if (surface) return surface;
  throw new Stop('usage', `There is no surface ${JSON.stringify(name)}: take ${surfaces.join(', ')}.`);
}

/** Which surface a path is of. */
function usualFor(path: string): Surface {
  if (/^\/api\/v1(\/|$)/.test(path)) return 'maiagent';
  if (/^\/api(\/|$)/.test(path)) return 'mage';
  return /^\/(functions|auth)\//.test(path) ? 'magpipe' : 'mystic';
}

/** Spaces and letters beyond ASCII, as a browser writes them; what is escaped already stays. */
function escaped(path: string): string {
  return encodeURI(path).replace(/%25/g, '%');
}

function headersOf(typed: [string, string][]): Record<string, string> {
  const pairs = typed.map(([, text]) => {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*([\x20-\x7e]*)$/.exec(text) ?? [];
    if (name === undefined) throw new Stop('usage', `${JSON.stringify(text)} is no header. Write it as "Name: value".`);
    return [name, value ?? ''];
  });
  return Object.fromEntries(pairs);
}

/** A form, or what `data` stands for: JSON, unless a header says that it is something else. Adds what it is to the headers. */
async function bodyOf(
  data: string | undefined,
  fields: [string, string][],
  headers: Record<string, string>,
): Promise<Message['body']> {
  if (fields.length > 0) {
    if (data !== undefined) throw new Stop('usage', 'A request has one body: take --data or --form.');
    const form = sentForm(fields.map(([, text]) => fieldOf(text)));
    Object.assign(headers, form.headers);
    return form.body();
  }
  if (data === undefined) return undefined;
  const isJson = !Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  // Bytes stay as they are.
  if (!isJson) return data.startsWith('@') && data !== '@-' ? Readable.from(bytesOf(data.slice(1))) : reference(data);
  const text = await reference(data);
  if (parse(text) === undefined) throw new Stop('usage', 'The body is no JSON. Name what it is: -H "Content-Type: …".');
  headers['Content-Type'] = 'application/json';
  return text;
}

function fieldOf(text: string): Field {
  const [, name, file, value = ''] = /^([^=]+)=(@?)(.*)$/s.exec(text) ?? [];
  if (name === undefined)
    throw new Stop('usage', `${JSON.stringify(text)} is no field. Write it as name=text or name=@file.`);
  return file ? { name, path: value, filename: basename(value) } : { name, text: value };
}
