import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, it, onTestFinished } from 'vitest';

const file = resolve('tests/slow/hovered.ts');
const text = `import { createLatchkey } from '../../generated/clients/typescript/index.js';
const latchkey = createLatchkey({ url: 'http://localhost:6789' });
await latchkey.keys.create({ name: 'Production Server' });
`;

/** What an editor shows over a word of `text`: its type, and what the contract says. */
function hovered(word: string): string {
  const read = (name: string) => (name === file ? text : ts.sys.readFile(name));
  const service = ts.createLanguageService({
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    directoryExists: ts.sys.directoryExists,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getScriptFileNames: () => [file],
    getScriptVersion: () => '1',
    getScriptSnapshot: (name) => {
      const content = read(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCompilationSettings: () => ({
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      exactOptionalPropertyTypes: true,
      types: [],
    }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
  });
  expect(service.getSemanticDiagnostics(file).map(({ messageText }) => messageText)).toEqual([]);
  onTestFinished(() => service.dispose());
  const info = service.getQuickInfoAtPosition(file, text.lastIndexOf(word));
  return `${ts.displayPartsToString(info?.displayParts ?? [])}\n\n${ts.displayPartsToString(info?.documentation ?? [])}`;
}

it('what docs/clients.md says that an editor shows over a method is what it shows', () => {
  const shown = /```text hover\n(.*?)\n```/s.exec(readFileSync('docs/clients.md', 'utf8'))?.[1];
  expect(shown).toBe(hovered('create('));
});
