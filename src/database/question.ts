import { type Connection, Query } from 'pg';
import { prepareValue } from 'pg/lib/utils.js';
import { types } from './types.ts';

/** One question to the database: SQL with `$1`, `$2` …, under the name by which a connection knows it once it was planned; none, for one that is planned each time. */
export interface Statement<Row> {
  name: string;
  text: string;
  /** What a row of its answer is: for the compiler alone. */
  row?: Row;
}

type Row = Record<string, unknown>;

const parserOf = (type: number) => types.getTypeParser(type as never, 'text') as unknown as Column['parse'];

interface Column {
  name: string;
  parse: (text: string) => unknown;
}

/** What the rows of its statements look like, by their names, as each connection has said once: Postgres refuses to change it. */
const shapes = new WeakMap<Connection, Map<string, Column[]>>();

/** What pg's connection has besides what its types say. */
interface Wire extends Connection {
  parsedStatements: Record<string, string | undefined>;
  submittedNamedStatements: Record<string, string | undefined>;
}

/** What is written to these is gathered until the end of this turn of the event loop. */
function gather(stream: Wire['stream']): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

/**
 * A statement on its way through a connection of pg: what its `Query` does, without asking for the columns again each time. Nothing of
 * it stays open between two messages, so that others may follow before it is answered.
 */
export class Question {
  /** As pg keeps in mind what a connection has read. */
  readonly name: string;
  readonly text: string;
  /** What pg calls where a statement may not be asked any more. */
  readonly callback: (error: Error | null) => void;
  private columns: Column[] | undefined;
  private readonly found: Row[] = [];
  private readonly wanted: unknown[];

  /**
   * Throws for a value that is none.
   * @param isGathered whether it leaves with all others of this turn of the event loop, in one piece
   */
  constructor(
    { name, text }: Statement<unknown>,
    values: readonly unknown[],
    private readonly isGathered: boolean,
    private readonly done: (error: Error | null, rows: Row[]) => void,
  ) {
    this.name = name;
    this.text = text;
    this.wanted = values.map((value) => prepareValue(value));
    this.callback = (error) => this.done(error, this.found);
  }

  submit(connection: Connection): void {
    const wire = connection as Wire;
    const { name, text } = this;
    const known = shapes.get(wire) ?? new Map<string, Column[]>();
    shapes.set(wire, known);
    this.columns = known.get(name);
    if (this.isGathered) gather(wire.stream);
    else wire.stream.cork();
    if (name === '' || (wire.parsedStatements[name] ?? wire.submittedNamedStatements[name]) === undefined) {
      wire.parse({ name, text, types: [] }, true);
      if (name !== '') wire.submittedNamedStatements[name] = text;
    }
    wire.bind({ statement: name, values: this.wanted as string[] }, true);
    if (!this.columns) wire.describe({ type: 'P', name: '' }, true);
    wire.execute(null, true);
    wire.sync();
    if (!this.isGathered) wire.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.columns = fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }));
  }

  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    const row: Row = {};
    const columns = this.columns as Column[];
    for (let at = 0; at < columns.length; at += 1) {
      const { name, parse } = columns[at] as Column;
      const value = fields[at] as string | null;
      row[name] = value === null ? null : parse(value);
    }
    this.found.push(row);
  }

  handleCommandComplete(_message: unknown, connection: Connection): void {
    if (this.columns && this.name !== '') shapes.get(connection)?.set(this.name, this.columns);
  }

  handleReadyForQuery(): void {
    this.done(null, this.found);
  }

  handleError(error: Error): void {
    this.done(error, this.found);
  }
}

// pg takes nothing else through a connection that is not waited for; its constructor would read once more what is known.
Object.setPrototypeOf(Question.prototype, Query.prototype);
