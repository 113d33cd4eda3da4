import { decoded } from './decoded_text.ts';
import { type Emit, inOneLine } from './pieces.ts';

/** Markdown as it stands, in its paragraphs, with its headings (CommonMark §4.2, §4.3); what is fenced in (§4.5) has none. */
export function readMarkdown(bytes: Buffer, emit: Emit): void {
  let lines: string[] = [];
  let fence: string | undefined;
  const end = () => {
    if (lines.some((line) => line.trim() !== '')) emit({ kind: 'text', text: lines.join('\n') });
    lines = [];
  };
  for (const line of decoded(bytes).split(/\r\n?|\n/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      lines.push(line);
      if (mark?.startsWith(fence) && /^\s*[`~]+\s*$/.test(line)) fence = undefined;
      continue;
    }
    const heading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/.exec(line);
    const underlined = /^ {0,3}(=+|-+)[ \t]*$/.exec(line)?.[1];
    if (mark) {
      fence = mark;
      lines.push(line);
    } else if (heading) {
      end();
      if (heading[2]) emit({ kind: 'heading', text: inOneLine(heading[2]), level: heading[1]?.length ?? 1 });
    } else if (underlined && lines.length > 0 && lines.every((one) => !/^\s*[-*|>]/.test(one))) {
      const text = inOneLine(lines.join(' '));
      lines = [];
      emit({ kind: 'heading', text, level: underlined.startsWith('=') ? 1 : 2 });
    } else if (line.trim() === '') end();
    else lines.push(line);
  }
  end();
}
