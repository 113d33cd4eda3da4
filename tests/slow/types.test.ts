import { resolve } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

// What the compiler says of a table of operations, beside the real one: the promise is that wrong tables do not compile.
const fileOf = (name: string) => resolve(import.meta.dirname, `../../src/handlers/mage/${name}.check.ts`);
const head = `
  import type { operations } from '../../../generated/mage.ts';
  import { act } from '../../core/endpoint.ts';
  import { pipelines, users } from './endpoints.ts';
  import { handlers } from './operations.ts';
  import type { MageHandlers } from './types.ts';
`;
const tables = {
  whole: 'export const table = handlers satisfies MageHandlers<operations>;',
  missing: 'const { getUser, ...rest } = handlers; export const table = rest satisfies MageHandlers<operations>;',
  surplus: `export const table = { ...handlers, getNoSuchThing: act(users, 'detail') } satisfies MageHandlers<operations>;`,
  wrongRow: `export const table = { ...handlers, getUser: act(pipelines, 'detail') } satisfies MageHandlers<operations>;`,
  wrongShape: `export const table = { ...handlers, getUser: act(users, 'list') } satisfies MageHandlers<operations>;`,
  wrongInput: `export const table = {
    ...handlers,
    getUser: async (_context: unknown, call: { id: number }) => handlers.getUser(_context as never, call as never),
  } satisfies MageHandlers<operations>;`,
  undecidedColumn: `
    const { avatar, ...read } = users.policy.read;
    export const endpoint: typeof users = { ...users, policy: { ...users.policy, read } };`,
  unknownAttribute: `export const endpoint: typeof users = { ...users, presenter: { default: ['sword'] } };`,
};

/** What the compiler says of each table. */
function errors(): Record<string, string> {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const sources = new Map(Object.entries(tables).map(([name, source]) => [fileOf(name), head + source]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => sources.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    const source = sources.get(name);
    return source === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, source, rest[0]);
  };
  const program = ts.createProgram([...sources.keys()], { ...options, noUnusedLocals: false }, host);
  const said = (name: string) =>
    program
      .getSemanticDiagnostics(program.getSourceFile(fileOf(name)))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  return Object.fromEntries(Object.keys(tables).map((name) => [name, said(name).join('\n')]));
}

it('a table of operations compiles when it is whole, and not with one missing, surplus or wrongly typed', () => {
  const { whole, ...broken } = errors();
  expect(whole).toBe('');
  expect(broken.missing).toContain("Property 'getUser' is missing");
  expect(broken.surplus).toContain("'getNoSuchThing' does not exist");
  expect(broken.wrongRow).toContain('not assignable');
  expect(broken.wrongShape).toContain('not assignable');
  expect(broken.wrongInput).toContain('not assignable');
  expect(broken.undecidedColumn).toContain("'avatar' is missing");
  expect(broken.unknownAttribute).toContain('"sword"');
});
