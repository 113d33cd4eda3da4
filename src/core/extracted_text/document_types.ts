/** What can be read, by the ending of a name: which reader reads it. */
const readers = {
  pdf: 'pdf',
  docx: 'docx',
  pptx: 'pptx',
  xlsx: 'xlsx',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  md: 'markdown',
  markdown: 'markdown',
  txt: 'text',
  text: 'text',
  log: 'text',
  json: 'text',
  jsonl: 'text',
  xml: 'text',
  yaml: 'text',
  yml: 'text',
  csv: 'csv',
  tsv: 'csv',
} as const;

export type DocumentType = (typeof readers)[keyof typeof readers];

/** The endings of what can be read. */
export const readableEndings: readonly string[] = Object.keys(readers);

/** What a file of this name is read as. Undefined where nothing here reads it. */
export function documentType(name: string): DocumentType | undefined {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(readers, ending) ? readers[ending as keyof typeof readers] : undefined;
}
