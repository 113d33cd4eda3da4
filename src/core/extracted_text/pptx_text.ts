import { type Emit, inOneLine, Unreadable } from './pieces.ts';
import { readXml, relationsOf } from './xml_part.ts';
import { type Parts, partsOf } from './zip_parts.ts';

/** The text of slides (ECMA-376 part 1, §19), each a page with its title as the heading, and the speaker's notes after it. */
export async function readPptx(bytes: Buffer, emit: Emit): Promise<void> {
  const parts = await partsOf(bytes);
  const presentation = 'ppt/presentation.xml';
  if (!parts.names.includes(presentation)) throw new Unreadable('The file is no PowerPoint presentation.');
  const relations = await relationsOf(parts, presentation);
  const slides: string[] = [];
  await readXml(parts, presentation, {
    open(tag, { rel = '' }) {
      const target = tag === 'sldId' ? relations.get(rel)?.target : undefined;
      if (target) slides.push(target);
    },
  });
  for (const [index, slide] of slides.entries()) {
    emit({ kind: 'page', page: index + 1, pages: slides.length });
    const { title, texts } = await textsOf(parts, slide);
    if (title) emit({ kind: 'heading', text: title, level: 1 });
    for (const text of texts) emit({ kind: 'text', text });
    const notes = [...(await relationsOf(parts, slide)).values()].find(({ type }) => type === 'notesSlide');
    if (notes) for (const text of (await textsOf(parts, notes.target)).texts) emit({ kind: 'text', text });
  }
}

/** What every slide has and nobody reads. */
const placeholders = new Set(['sldNum', 'dt', 'ftr', 'hdr', 'sldImg']);

async function textsOf(parts: Parts, name: string): Promise<{ title: string; texts: string[] }> {
  const texts: string[] = [];
  let [title, paragraph, row] = ['', '', undefined as string[] | undefined];
  let kind = '';
  let isText = false;
  await readXml(parts, name, {
    open(tag, { type = 'obj' }) {
      if (tag === 'sp') kind = '';
      else if (tag === 'ph') kind = type;
      else if (tag === 'p') paragraph = '';
      else if (tag === 'br') paragraph += '\n';
      else if (tag === 't') isText = true;
      else if (tag === 'tr') row = [];
      else if (tag === 'tc') row?.push('');
    },
    text(text) {
      if (isText) paragraph += text;
    },
    close(tag) {
      if (tag === 't') isText = false;
      else if (tag === 'p') {
        if (row) row.push(inOneLine(`${row.pop() ?? ''} ${paragraph}`));
        else if (/title/i.test(kind)) title = inOneLine(`${title} ${paragraph}`);
        else if (!placeholders.has(kind)) texts.push(paragraph);
      } else if (tag === 'tr' && row) {
        texts.push(row.join(' | '));
        row = undefined;
      }
    },
  });
  return { title, texts };
}
