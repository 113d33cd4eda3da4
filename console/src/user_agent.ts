const browsers: [name: string, pattern: RegExp][] = [
  ['Edge', /\bEdg(?:e|A|iOS)?\//],
  ['Opera', /\b(?:OPR|Opera)\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//],
  ['Safari', /\bVersion\/[\d.]+.*\bSafari\//],
];
const systems: [name: string, pattern: RegExp][] = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['Mac', /\bMac OS X\b|\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];
const of = (list: typeof browsers, text: string) => list.find(([, pattern]) => pattern.test(text))?.[0];

/** “Chrome on Linux”, “curl 8.5.0”: what a `User-Agent` says, as people say it; undefined for one that says nothing. */
export function agent(text: string | null): string | undefined {
  if (!text) return undefined;
  const [browser, system] = [of(browsers, text), of(systems, text)];
  if (browser) return system ? `${browser} on ${system}` : browser;
  // A program names itself first: `latchkey/0.2.0 (linux)`, `python-requests/2.31.0`.
  const [, name, version] = /^([\w.-]+)\/([\w.-]+)/.exec(text) ?? [];
  if (!name || name === 'Mozilla') return system ?? text.slice(0, 60);
  return `${name} ${version}`;
}
