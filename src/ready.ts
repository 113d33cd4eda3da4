import { isAbsolute, relative } from 'node:path';

/** What somebody who starts the server wants to know of it. */
export interface Facts {
  version: string;
  url: string;
  applicationKey: string;
  ownerEmail: string;
}

/** The URL that clients of ours take by themselves. */
const usual = 'http://localhost:6789';

/** How the link with which an owner without a password chooses one comes to whoever starts the server; undefined where there is one. */
export type Welcome = { link: string } | { file: string } | { command: string } | undefined;

/**
 * What a start ends with, for people: where everything is, whose it is and what comes next.
 * @param envFile the file that `envText` was written to; undefined where it could not be
 * @param isSecret where this may be kept by whoever reads the output: then nothing is shown that lies in a file
 */
export function readyBlock(facts: Facts, welcome: Welcome, envFile: string | undefined, isSecret: boolean): string {
  const { version, url, ownerEmail, applicationKey } = facts;
  const env = envFile && shellWord(near(envFile));
  const source = env && `in ${env}, with the rest: source ${env}`;
  const rows: [label: string, value: string, note?: string | undefined][] = [
    ['API', url],
    ['Docs', `${url}/docs`],
    ['Owner', ownerEmail],
  ];
  if (welcome) rows.push(['Open', opened(welcome)]);
  if (source && isSecret) rows.push(['App key', source]);
  else rows.push(['App key', applicationKey, source]);
  // What has a note beside it makes one column.
  const width = Math.max(...rows.map(([, value, note]) => (note ? value.length : 0)));
  const lines = rows.map(([label, value, note]) => row(label, note ? `${value.padEnd(width)}   ${note}` : value));
  const login = `npx latchkey login${url === usual ? '' : ` ${url}`}`;
  const next = row('Next', welcome ? `open the link, and choose a password; or: ${login}` : login);
  return [`Latchkey ${version} is ready.`, '', ...lines, '', next, ''].join('\n');
}

function opened(welcome: NonNullable<Welcome>): string {
  if ('link' in welcome) return welcome.link;
  if ('command' in welcome) return `the link that \`${welcome.command}\` prints`;
  return `the link in ${near(welcome.file)}; good once, for 24 hours`;
}

const row = (label: string, value: string) => `  ${label.padEnd(10)} ${value}`;

/** As it is named from where the server was started. */
function near(path: string): string {
  const way = relative('', path);
  return way.startsWith('..') || isAbsolute(way) ? path : way;
}

/**
 * What a shell sources (bash, zsh, dash) to have the server's address, its application key and its owner's address in the
 * environment of what it starts. Never a password. The key is in it even where the operator set it: it is no secret, and the
 * shell that has the setting is not the one where it is wanted.
 */
export function envText({ url, applicationKey, ownerEmail }: Facts): string {
  const values = {
    LATCHKEY_URL: url,
    LATCHKEY_APPLICATION_KEY: applicationKey,
    LATCHKEY_OWNER_EMAIL: ownerEmail,
  };
  const lines = Object.entries(values).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return ['# Each start of Latchkey writes this anew.', ...lines, ''].join('\n');
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const shellWord = (text: string) => (/^[\w./@%+:,-]+$/.test(text) ? text : quoted(text));
