import { parseObject } from './answer.ts';
import { wholeNumber } from './input.ts';
import { print, printJson, printTable, warn } from './output.ts';
import { call, type OperationId } from './server.ts';
import { Stop } from './stop.ts';

/** Where a value of the command line goes in the operation's request. Held against the contract. */
export type Place = `${'path' | 'query' | 'body'}.${string}`;

export interface Argument {
  name: string;
  about: string;
  to?: Place;
  isOptional?: true;
  /** What a shell may complete it with. */
  values?: readonly Kind[];
}

/** Kinds of things whose names a shell may complete. */
export type Kind = 'pipelines' | 'pointers' | 'keys' | 'files' | 'runs' | 'remotes' | 'shells' | 'commands';

export interface Flag {
  /** As help shows it: `-s, --skip <n>`. */
  form: string;
  about: string;
  to?: Place;
  /** Makes of the text what is sent, or a promise of it. Throws a `Stop` for what it cannot be. */
  read?: (text: string) => unknown;
  /** What a switch sends when it is given. */
  value?: unknown;
  /** It may be given many times: `words` keeps them in this list, in the order given, each as its name and its text. */
  list?: string;
  isRequired?: true;
}

/** What was typed. */
export interface Given {
  /** By the names of arguments and flags. */
  words: Record<string, string>;
  switches: Set<string>;
  lists: Record<string, [name: string, text: string][]>;
  /** What goes to the operation, by the places of arguments and flags. */
  path: Record<string, string>;
  query: Record<string, unknown>;
  body: Record<string, unknown>;
  isJson: boolean;
}

/** A heading of a table, and the attribute under it. */
export type Column = [heading: string, attribute: string];

/** One row of the table of commands: help, completion, the parser and the checks know nothing else. */
export interface Command {
  /** Its group and its own name: `pipelines list`. */
  name: string;
  about: string;
  arguments?: Argument[];
  flags?: Flag[];
  /** Every operation that it calls. Arguments and flags are of the first. */
  calls: OperationId[];
  /** What of a body does not come from an argument or a flag. */
  sends?: Place[];
  /** What it shows of each thing in the first operation's answer. */
  columns?: Column[];
  /** Without the program's name. */
  examples: string[];
  /** `help` prints the help of another command. */
  run(given: Given, help: (words: string[]) => Promise<void>): Promise<void>;
}

interface Work {
  calls: OperationId[];
  run(given: Given): Promise<void>;
}

/** Lists a page of what an operation answers with. */
export function list(id: OperationId, columns: Column[], more: Flag[] = []): Work & Pick<Command, 'columns' | 'flags'> {
  const run = async ({ query, isJson }: Given) => {
    const { text } = await call(id, { query });
    if (isJson) return printJson(text);
    const { data = [], total } = parseObject<{ data?: Row[]; total: number }>(text);
    printRows(columns, data);
    if (data.length < total) warn(`${data.length} of ${total} are shown: see --skip and --limit.`);
  };
  return { calls: [id], columns, flags: [...more, ...pages], run };
}

/** Prints these attributes of things. */
export function printRows(columns: Column[], things: Row[]): void {
  printTable(
    columns.map(([heading]) => heading),
    things.map((thing) => columns.map(([, attribute]) => cell(attribute, thing[attribute]))),
  );
}

const pages: Flag[] = [
  { form: '-s, --skip <n>', about: 'leave out so many', to: 'query.skip', read: wholeNumber },
  { form: '-l, --limit <n>', about: 'show at most so many, up to 1000', to: 'query.limit', read: wholeNumber },
];

/** Shows one thing whole. */
export function detail(id: OperationId): Work {
  const run = async ({ path, query, isJson }: Given) => {
    const { text } = await call(id, { path, query });
    if (isJson) printJson(text);
    else printThing(parseObject(text));
  };
  return { calls: [id], run };
}

/** Changes something, and says so in a sentence about what was typed and what was answered. */
export function change(id: OperationId, sentence: (given: Given, answer: Row) => string): Work {
  const run = async (given: Given) => {
    const { path, query, body, isJson } = given;
    const { text } = await call(id, { path, query, ...(Object.keys(body).length > 0 && { body }) });
    if (isJson) printJson(text);
    else print(sentence(given, text === '' ? {} : parseObject(text)));
  };
  return { calls: [id], run };
}

/** The same, where a call without anything to change is a mistake. */
export function edit(id: OperationId, sentence: (given: Given, answer: Row) => string): Work {
  const { calls, run } = change(id, sentence);
  return {
    calls,
    run: async (given) => {
      if (Object.keys(given.body).length === 0) throw new Stop('usage', 'Nothing to edit: name at least one option.');
      return run(given);
    },
  };
}

export type Row = Record<string, unknown>;

/** Prints each attribute of a thing on a line of its own. */
export function printThing(thing: Row): void {
  printTable(
    [],
    Object.entries(thing).map(([name, value]) => [name, cell(name, value)]),
  );
}

/** A value as people read it: times as such, lists with commas. */
export function cell(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && /_at$|^last_used$/.test(name)) return new Date(value * 1000).toISOString();
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value.join(', ');
  return JSON.stringify(value);
}
