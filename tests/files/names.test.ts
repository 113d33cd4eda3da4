import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { cleanName, mediaTypeOf } from '../../src/core/files/file_name.ts';
import { permittedType } from '../../src/core/files/index.ts';

describe('a name from a client', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['/home/ada/files/report.pdf', 'report.pdf'],
    ['C:\\Users\\ada\\report.pdf', 'report.pdf'],
    ['..\\..\\windows\\system32\\config', 'config'],
    ['../../etc/passwd', 'passwd'],
    ['a/b\\c/d', 'd'],
    ['folder/', 'folder'],
    ['folder/ /', 'folder'],
    ['', 'file'],
    ['.', 'file'],
    ['..', 'file'],
    ['../..', 'file'],
    ['/', 'file'],
    ['\\\\', 'file'],
    ['   ', 'file'],
    ['.\0.', 'file'],
    ['.\u202E.', 'file'],
    [' a b ', 'a b'],
    ['a\0b\r\nc\u0085.txt', 'abc.txt'],
    ['evil\u202Efdp.exe', 'evilfdp.exe'],
    ['\u2066x\u2069\u200E\u200F\u061C.txt', 'x.txt'],
    ['a\u2028b\u2029c', 'abc'],
    ['cafe\u0301.txt', 'café.txt'],
    ['\uD800lone.txt', 'lone.txt'],
    ['emoji 👩‍🚀.png', 'emoji 👩‍🚀.png'],
    ['報告書.docx', '報告書.docx'],
    ['.htaccess', '.htaccess'],
    ['a..b', 'a..b'],
    ['%2e%2e%2fpasswd', '%2e%2e%2fpasswd'],
  ])('%j is kept as %j', (sent, kept) => expect(cleanName(sent)).toBe(kept));

  it.each([
    ['🚀'.repeat(300), '🚀'.repeat(255)],
    [`${'a'.repeat(300)}.tar.gz`, `${'a'.repeat(252)}.gz`],
    [`${'é'.repeat(251)}.pdf`, `${'é'.repeat(251)}.pdf`],
    [`a.${'b'.repeat(300)}`, `a.${'b'.repeat(253)}`],
  ])('is cut to 255 code points and keeps its ending (%#)', (sent, kept) => {
    expect([...cleanName(sent)].length).toBe(255);
    expect(cleanName(sent)).toBe(kept);
  });

  it('is the same when it is cleaned again', () => {
    for (const name of ['a/ .\0', `${' '.repeat(260)}a`, `${'a '.repeat(200)}.b c`, 'e\u200E\u0301/..\u202E']) {
      expect(cleanName(cleanName(name))).toBe(cleanName(name));
    }
  });
});

describe('a media type', () => {
  it.each([
    ['application/PDF', 'x.txt', 'application/pdf'],
    ['text/plain; charset=utf-8', 'x', 'text/plain'],
    [' image/svg+xml ', 'x', 'image/svg+xml'],
    ['', 'x.PDF', 'application/pdf'],
    ['pdf', 'x.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['text/plain\r\nset-cookie: a=b', 'x', 'application/octet-stream'],
    ['text /plain', 'x.md', 'text/markdown'],
    ['*/*/*', 'x', 'application/octet-stream'],
    ['text/', '', 'application/octet-stream'],
    [`a/${'b'.repeat(128)}`, 'x.unknown', 'application/octet-stream'],
    ['', '__proto__', 'application/octet-stream'],
  ])('%j of %j is kept as %j', (sent, name, kept) => expect(mediaTypeOf(sent, name)).toBe(kept));
});

describe('a permitted type', () => {
  it.each([
    [
      'documents of other scripts',
      undefined,
      'a.doc b.docx c.txt d.pdf e.md f.xls g.xlsx h.csv i.ppt j.pptx k.json l.jsonl',
    ],
    ['images, audio, video', undefined, 'a.png b.JPG c.webp d.mp3 e.wav f.mp4 g.webm'],
    ['what the operator names', 'exe, .Tar', 'a.EXE b.tar'],
    ['anything', '*', 'a.exe README'],
  ])('%s', (_which, LATCHKEY_UPLOAD_TYPES, names) => {
    const config = readConfig({ LATCHKEY_UPLOAD_TYPES });
    for (const name of names.split(' ')) expect([name, permittedType(config, name)]).toEqual([name, true]);
  });

  it.each([
    [undefined, ['a.exe', 'a.html', 'a.svg', 'README', 'pdf', 'a.pdf.exe', 'a.pdf/b', 'a.', '..', '']],
    ['pdf', ['a.docx', 'a.pd', 'a.pdff', '*']],
  ])('no other (%s)', (LATCHKEY_UPLOAD_TYPES, names) => {
    const config = readConfig({ LATCHKEY_UPLOAD_TYPES });
    for (const name of names) expect([name, permittedType(config, name)]).toEqual([name, false]);
  });

  it('is told by the name as it is kept', () => {
    expect(permittedType(readConfig({}), 'C:\\fake\\a.p\u202Edf')).toBe(true);
  });
});
