/** What may be installed from a server, in the order of the page; the first that a form fits says how. */
const kinds: { form: RegExp; title: string; how: (url: string, name: string) => string[] }[] = [
  {
    form: /^client\.tgz$/,
    title: 'TypeScript and JavaScript, and the command line',
    how: (url, name) => [`npm install ${url}/${name}`, `npm install --global ${url}/${name} && latchkey --help`],
  },
  { form: /^latchkey\.tar\.gz$/, title: 'Python', how: (url, name) => [`pip install ${url}/${name}`] },
  {
    form: /^go$/,
    title: 'Go',
    how: (url, name) => [
      `GOPROXY=${url}/${name},https://proxy.golang.org GONOSUMDB=latchkey.local go get latchkey.local/latchkey`,
    ],
  },
  { form: /\.whl$/, title: 'Python, as a wheel', how: (url, name) => [`pip install ${url}/${name}`] },
  {
    form: /runner.*\.tar\.gz$/,
    title: 'The runner of Mage blocks',
    how: (url, name) => [`pip install ${url}/${name}`],
  },
];
const other = { title: 'More', how: (url: string, name: string) => [`curl -O ${url}/${name}`] };

/**
 * The page at `/install/`: what is there, and a command for each.
 * @param names the files that are there
 * @param url of the page, without a slash at its end
 */
export function installPage(names: readonly string[], url: string): string {
  const rank = (name: string) => kinds.findIndex(({ form }) => form.test(name)) >>> 0;
  const sorted = [...names].sort((one, two) => rank(one) - rank(two) || one.localeCompare(two));
  const parts = sorted.map((name) => {
    const { title, how } = kinds.find(({ form }) => form.test(name)) ?? other;
    const commands = how(url, name).map((line) => `<pre>${escaped(line)}</pre>`);
    return `<h2>${title}</h2>${name.includes('.') ? `<p><a href="${encodeURIComponent(name)}">${escaped(name)}</a></p>` : ''}${commands.join('')}`;
  });
  const nothing = '<p>Nothing is packed: <code>npm run build</code> on the server does it.</p>';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Install: Latchkey</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"></head>
<body><main><h1>Install</h1><p>From this server, and from no registry. The <a href="/docs">reference</a> says what they do.</p>
${parts.join('\n') || nothing}</main></body></html>
`;
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
