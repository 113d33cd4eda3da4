/** A fenced block of a page. */
export interface Block {
  /** The line of the page that its first line is, from 1. */
  line: number;
  language: string;
  /** What else its fence says. */
  info: string;
  lines: string[];
  /** Why it is not run, where a comment right above it says so. */
  notRun?: string;
  /** The block right below it, of text or of JSON: what it shows. */
  shown?: Block;
}

const isShell = ({ language }: Block) => ['sh', 'bash', 'shell', 'console'].includes(language);

/** The shell blocks of a page. */
export function shellBlocks(page: string): Block[] {
  const blocks = fenced(page);
  for (const block of blocks.filter(isShell)) {
    const below = blocks.find(({ line }) => line > block.line);
    const end = block.line + block.lines.length + 1;
    const isRight =
      below &&
      page
        .split('\n')
        .slice(end, below.line - 2)
        .every((line) => line.trim() === '');
    if (isRight && !block.notRun && ['', 'json'].includes(below.language)) block.shown = below;
  }
  return blocks.filter(isShell);
}

function fenced(page: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | undefined;
  let indent = 0;
  let notRun: string | undefined;
  for (const [at, text] of page.split('\n').entries()) {
    const [, margin = '', language = '', info = ''] = /^( *)```(\S*) ?(.*)$/.exec(text) ?? [];
    const isFence = text.trimStart().startsWith('```');
    if (open && isFence) {
      blocks.push(open);
      open = undefined;
    } else if (isFence) {
      open = { line: at + 2, language, info, lines: [], ...(notRun && { notRun }) };
      indent = margin.length;
      notRun = undefined;
    } else if (open) open.lines.push(text.slice(indent));
    else if (text.trim() !== '') notRun = /^\s*<!-- not run: (.{10,}) -->$/.exec(text)?.[1];
  }
  return blocks;
}

/** Before each block's own output; no program prints it. */
const mark = '\x1e';

/**
 * A script of a page's blocks, each at its own lines, so that bash counts them as the page does. It ends at the first command
 * that fails, and names it.
 */
export function scriptOf(blocks: Block[]): { prelude: string; script: string } {
  const lines: string[] = [];
  for (const block of blocks) {
    lines[block.line - 2] = `printf '${mark}%s\\n' ${block.line}`;
    for (const [at, text] of block.lines.entries()) lines[block.line - 1 + at] = text;
  }
  return {
    // Read through BASH_ENV, which no script that a block starts may take over.
    prelude: `unset BASH_ENV\nset -eE -o pipefail\nexec 2>&1\ntrap 'printf "${mark}failed %s %s\\n" "$LINENO" "$BASH_COMMAND"' ERR\n`,
    script: `${Array.from(lines, (line) => line ?? '').join('\n')}\n`,
  };
}

/** What a page's script printed, by the line of the block; and the command that failed, with its line. */
export function outputOf(printed: string) {
  const outputs = new Map<number, string>();
  let failed: { line: number; command: string } | undefined;
  let at = 0;
  for (const part of printed.split(mark)) {
    const [head = '', ...rest] = part.split('\n');
    const [, line = '', command = ''] = /^failed (\d+) (.*)$/s.exec(head) ?? [];
    // A command inside of another fails first.
    if (line) failed ??= { line: Number(line), command };
    else at = Number(head) || at;
    outputs.set(at, (outputs.get(at) ?? '') + rest.join('\n'));
  }
  return { outputs, failed, last: at };
}

/** What differs from one run to the next, made the same. */
const alike: [RegExp, string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<id>'],
  [/\b([a-z]+_)[0-9a-f]{32}\b/g, '$1<id>'],
  [/\/[0-9a-f]{2}\/[0-9a-f]{2}\//g, '/<id>/'],
  [/\b(mgp|lks|pipeline_sk)_[\w-]+(\.\.\.)?/g, '$1_<key>'],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)/g, '<time>'],
  [/\b\d+\.\d s\b/g, '<seconds>'],
  [/(<time>) +\d+$/g, '$1  <milliseconds>'],
  [/ {2,}/g, '  '],
];

const plain = (text: string) => alike.reduce((line, [what, by]) => line.replace(what, by), text).trim();

/** The first line that a page shows and the output has not, in that order; of JSON, the first member. */
export function missing({ language, lines }: Block, output: string): string | undefined {
  if (language === 'json') return absent(lines.join('\n'), output);
  const printed = output.split('\n').map(plain);
  let from = 0;
  for (const line of lines.filter((each) => each.trim() !== '')) {
    const found = printed.indexOf(plain(line), from);
    if (found < 0) return line;
    from = found + 1;
  }
  return undefined;
}

function absent(shown: string, output: string): string | undefined {
  const printed =
    output
      .split('\n')
      .flatMap((line) => objectOf(line) ?? [])
      .at(-1) ?? objectOf(output);
  if (!printed) return 'JSON';
  return [...shown.matchAll(/^\s{0,2}(?:\{ ?)?"(\w+)":/gm)]
    .map(([, name = '']) => name)
    .find((name) => !(name in printed));
}

function objectOf(text: string): object | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
