import { strToU8, zipSync } from 'fflate';

/** An archive of parts, as DOCX, PPTX and XLSX are. */
export const packed = (parts: Record<string, string>) =>
  Buffer.from(zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)]))));

const xml = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const relations = (...all: [type: string, target: string][]) =>
  `${xml}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">${all
    .map(([type, target], index) => `<Relationship Id="rId${index + 1}" Type="${office}/${type}" Target="${target}"/>`)
    .join('')}</Relationships>`;

/** A Word document, from the inside of its body; `Ueberschrift1` is a heading, as a German Word calls it. */
export const docx = (body: string, more: Record<string, string> = {}) =>
  packed({
    '_rels/.rels': relations(['officeDocument', 'word/document.xml']),
    'word/_rels/document.xml.rels': relations(['styles', 'styles.xml'], ['footnotes', 'footnotes.xml']),
    'word/styles.xml': `${xml}<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="Ueberschrift1"><w:name w:val="heading 1"/></w:style><w:style w:type="paragraph" w:styleId="H2"><w:name w:val="heading 2"/></w:style></w:styles>`,
    'word/document.xml': `${xml}<w:document xmlns:w="w" xmlns:mc="mc"><w:body>${body}</w:body></w:document>`,
    ...more,
  });

export const paragraph = (text: string, style = '') =>
  `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}<w:r><w:t xml:space="preserve">${text}</w:t></w:r></w:p>`;

/** A presentation, from the titles and texts of its slides, in an order that is not that of their names. */
export const pptx = (slides: readonly { title: string; text: string; notes?: string }[]) => {
  const last = slides.length;
  const shape = (kind: string, text: string) =>
    `<p:sp><p:nvSpPr><p:nvPr><p:ph type="${kind}"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></p:txBody></p:sp>`;
  const parts: Record<string, string> = {
    'ppt/presentation.xml': `${xml}<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>${slides.map((_one, at) => `<p:sldId id="${256 + at}" r:id="rId${at + 1}"/>`).join('')}</p:sldIdLst></p:presentation>`,
    'ppt/_rels/presentation.xml.rels': relations(
      ...slides.map((_one, at): [string, string] => ['slide', `slides/slide${last - at}.xml`]),
    ),
  };
  for (const [at, { title, text, notes }] of slides.entries()) {
    const name = `slide${last - at}.xml`;
    parts[`ppt/slides/${name}`] =
      `${xml}<p:sld xmlns:p="p" xmlns:a="a">${shape('title', title)}${shape('body', text)}${shape('sldNum', '7')}</p:sld>`;
    if (notes === undefined) continue;
    parts[`ppt/slides/_rels/${name}.rels`] = relations(['notesSlide', '../notesSlides/n1.xml']);
    parts['ppt/notesSlides/n1.xml'] = `${xml}<p:notes xmlns:p="p" xmlns:a="a">${shape('body', notes)}</p:notes>`;
  }
  return packed(parts);
};

/** A workbook of one sheet, from the inside of its `sheetData`, and the texts that its cells refer to. */
export const xlsx = (sheetData: string, strings: readonly string[] = []) =>
  packed({
    'xl/workbook.xml': `${xml}<workbook xmlns:r="r"><sheets><sheet name="Prices &amp; days" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(
      ['worksheet', 'worksheets/sheet1.xml'],
      ['sharedStrings', 'sharedStrings.xml'],
      ['styles', 'styles.xml'],
    ),
    'xl/sharedStrings.xml': `${xml}<sst>${strings.map((text) => `<si><t>${text}</t><rPh><t>ルビ</t></rPh></si>`).join('')}</sst>`,
    'xl/styles.xml': `${xml}<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `${xml}<worksheet><sheetData>${sheetData}</sheetData></worksheet>`,
  });

/** A PDF of pages, each from its lines; the first line of a page is larger. */
export function pdf(pages: readonly (readonly string[])[]): Buffer {
  const objects: string[] = [];
  const kids = pages.map((_page, at) => `${4 + at * 2} 0 R`).join(' ');
  objects.push('<< /Type /Catalog /Pages 2 0 R >>', `<< /Type /Pages /Count ${pages.length} /Kids [${kids}] >>`);
  objects.push('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  for (const [at, lines] of pages.entries()) {
    const text = lines.map(
      (line, row) =>
        `/F1 ${row === 0 ? 18 : 10} Tf 1 0 0 1 72 ${720 - row * 14 - (row > 0 ? 20 : 0)} Tm (${line.replace(/[()\\]/g, '\\$&')}) Tj`,
    );
    const stream = `BT ${text.join('\n')} ET`;
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + at * 2} 0 R >>`,
    );
    objects.push(`<< /Length ${stream.length} >>\nstream\n${stream}\nendstream`);
  }
  let file = '%PDF-1.4\n';
  const places = objects.map((object, at) => {
    const place = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.join('')}`;
  return Buffer.from(
    `${file}${table}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF\n`,
    'latin1',
  );
}
