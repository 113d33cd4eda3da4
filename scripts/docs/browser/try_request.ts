/** A credential, and how a request has it. */
export interface Secret {
  where: 'header' | 'query';
  name: string;
  before: string;
  /** What stands for it in what is shown. */
  variable: string;
  value: string;
}

/** What a form asks for. */
export interface Asked {
  verb: string;
  /** The path with its values, and the query without credentials. */
  address: string;
  headers: [name: string, value: string][];
  secrets: Secret[];
  media: string;
  /** A body of text. */
  text?: string;
  /** The fields of a form, with files or without. */
  fields?: [name: string, value: string | File][];
  /** The fields for files that have none yet. */
  open?: string[];
  /** A body of bytes. */
  file?: File;
}

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

const all = (form: HTMLElement, selector: string) => [...form.querySelectorAll<Field>(selector)];
const fileOf = (field: Field) => (field instanceof HTMLInputElement ? field.files?.[0] : undefined);

/** What a form asks for, as it is filled in. */
export function askedOf(form: HTMLElement): Asked {
  const { verb = 'GET', path = '', media = '', kind = '' } = form.dataset;
  const asked: Asked = {
    verb,
    address: path + queryOf(form),
    headers: all(form, '[data-in=header]')
      .filter(({ value }) => value !== '')
      .map(({ dataset, value }) => [dataset.name ?? '', value]),
    secrets: secretsOf(form),
    media,
  };
  for (const { dataset, value } of all(form, '[data-in=path]'))
    asked.address = asked.address.replace(`{${dataset.name}}`, (all) => (value === '' ? all : inPath(value)));
  if (kind === 'json' || kind === 'lines') asked.text = form.querySelector<Field>('[data-text]')?.value ?? '';
  else if (kind === 'form' || kind === 'fields') {
    asked.fields = fieldsOf(form);
    asked.open = all(form, '[type=file][data-field]')
      .filter((field) => !fileOf(field))
      .map(({ dataset }) => dataset.field ?? '');
  } else if (kind === 'bytes') {
    const file = all(form, '[data-bytes]').map(fileOf)[0];
    if (file) asked.file = file;
  }
  return asked;
}

/** Pointers and names of Mystic are written into a path with their colons. */
const inPath = (value: string) => encodeURIComponent(value).replaceAll('%3A', ':');

function queryOf(form: HTMLElement): string {
  const pairs = all(form, '[data-in=query]')
    .filter(({ value }) => value !== '')
    .flatMap(({ dataset, value }) =>
      (dataset.repeated === undefined ? [value] : value.split(',')).map((one) => [dataset.name ?? '', one.trim()]),
    )
    .map((pair) => pair.map(encodeURIComponent).join('='));
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}

function secretsOf(form: HTMLElement): Secret[] {
  const shown = [...form.querySelectorAll<HTMLElement>('[data-scheme]')].filter(({ hidden }) => !hidden);
  return shown
    .map((part) => part.querySelector('input'))
    .filter((input) => input !== null)
    .map(({ dataset, value }) => ({
      where: dataset.where === 'query' ? 'query' : 'header',
      name: dataset.name ?? '',
      before: dataset.before ?? '',
      variable: dataset.variable ?? '',
      value: value.trim(),
    }));
}

const fieldsOf = (form: HTMLElement) =>
  all(form, '[data-field]')
    .map((field): [string, string | File] => [field.dataset.field ?? '', fileOf(field) ?? field.value])
    .filter(([, value]) => value !== '');

/** The names of the path that have no value yet. */
export const missingOf = (form: HTMLElement): string[] => namesInPath(form, /^$/);

/** The names of the path that a browser takes for steps up or for nothing. */
export const dotsOf = (form: HTMLElement): string[] => namesInPath(form, /^\.\.?$/);

const namesInPath = (form: HTMLElement, like: RegExp) =>
  all(form, '[data-in=path]')
    .filter(({ value }) => like.test(value))
    .map(({ dataset }) => dataset.name ?? '');

/** Sends it: without cookies, without a cache. Throws what `fetch` throws. */
export function send(asked: Asked, accept: string, signal: AbortSignal): Promise<Response> {
  const { verb, address, headers, secrets, media, text, fields, file } = asked;
  const url = new URL(address, location.origin);
  const sent = new Headers([['Accept', accept], ...headers]);
  for (const { where, name, before, value } of secrets.filter(({ value }) => value !== '')) {
    if (where === 'query') url.searchParams.set(name, value);
    else sent.set(name, before + value);
  }
  const body = bodyOf(media, fields) ?? file ?? (text === '' ? undefined : text);
  // A form names its own boundary.
  if (body !== undefined && !(body instanceof FormData)) sent.set('Content-Type', media);
  return fetch(url, {
    method: verb,
    headers: sent,
    ...(body === undefined ? {} : { body }),
    credentials: 'omit',
    cache: 'no-store',
    signal,
  });
}

function bodyOf(media: string, fields: Asked['fields']): BodyInit | undefined {
  if (!fields) return undefined;
  const body = media.startsWith('multipart/') ? new FormData() : new URLSearchParams();
  for (const [name, value] of fields) body.append(name, value as string);
  return body;
}
