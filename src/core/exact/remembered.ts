/** What was known when a question was put to the database: its answer is remembered only if nothing of it has changed since. */
export interface Mark {
  era: number;
  turn: number;
}

/** What the database answers of one credential, for as long as no change of it is told and no time in it has come. */
export interface Known<Row> {
  /** Undefined: there is none. */
  row: Row | undefined;
}

interface Entry extends Known<unknown> {
  /** Milliseconds of the database's clock; from then on it may be another. */
  until: number;
  subjects: readonly string[];
  /** Whether it was asked for since somebody had to go last. */
  isUsed: boolean;
}

/** Credentials that are there, and those that are not: whoever makes those up must not push the others out. */
const most = { there: 20_000, missing: 20_000 };
/** So many changes are told apart for questions that are under way. */
const mostRecent = 10_000;

/** The answers of the database by the hash of what was asked: never a secret, at most so many; what is not used goes first. */
export class Remembered {
  private there = new Map<string, Entry>();
  private missing = new Set<string>();
  private bySubject = new Map<string, Set<string>>();
  /** In which turn a subject changed last. */
  private recent = new Map<string, number>();
  private turn = 0;
  private era = 0;

  get size(): number {
    return this.there.size + this.missing.size;
  }

  /** Undefined where the database has to be asked. `now`: the database's clock, at the latest. */
  get<Row>(key: string, now: number): Known<Row> | undefined {
    const entry = this.there.get(key);
    if (!entry) return this.missing.has(key) ? none : undefined;
    if (now >= entry.until) return undefined;
    entry.isUsed = true;
    return entry as Known<Row>;
  }

  mark(): Mark {
    return { era: this.era, turn: this.turn };
  }

  /** Remembers an answer, unless something of it has changed since the mark. `subjects`: whose changes end it, besides its own. */
  keep(key: string, { era, turn }: Mark, row: unknown, until: number, subjects: readonly string[]): void {
    const isMissing = row === undefined;
    const all = [key, ...(isMissing ? [anybody] : subjects)];
    if (era !== this.era || all.some((subject) => (this.recent.get(subject) ?? 0) > turn)) return;
    this.remove(key);
    if (isMissing) {
      if (this.missing.size >= most.missing) this.missing.delete(first(this.missing));
      this.missing.add(key);
      return;
    }
    if (this.there.size >= most.there) this.evict();
    this.there.set(key, { row, until, subjects, isUsed: false });
    for (const subject of subjects) {
      const keys = this.bySubject.get(subject) ?? new Set();
      this.bySubject.set(subject, keys.add(key));
    }
  }

  /** Something has changed: what is known of it ends. */
  forget(subject: string): void {
    if (subject === '*') {
      this.drop();
      return;
    }
    this.turn += 1;
    this.note(subject);
    this.remove(subject);
    for (const key of this.bySubject.get(subject) ?? []) this.remove(key);
    // Somebody without a membership has no keys that are found.
    if (!subject.startsWith('u:')) return;
    this.note(anybody);
    this.missing.clear();
  }

  /** Ends all that is known, and whatever is under way. */
  drop(): void {
    this.era += 1;
    this.there.clear();
    this.missing.clear();
    this.bySubject.clear();
    this.recent.clear();
  }

  /** Lets the first go that was not used since its turn came last: to be used costs no more than a mark. */
  private evict() {
    for (const [key, entry] of this.there) {
      if (!entry.isUsed) return this.remove(key);
      entry.isUsed = false;
      this.there.delete(key);
      this.there.set(key, entry);
    }
  }

  private note(subject: string) {
    if (this.recent.size >= mostRecent) {
      this.recent.clear();
      // Nobody knows any more what changed while they asked.
      this.era += 1;
    }
    this.recent.set(subject, this.turn);
  }

  private remove(key: string) {
    this.missing.delete(key);
    const entry = this.there.get(key);
    if (!entry) return;
    this.there.delete(key);
    for (const subject of entry.subjects) {
      const keys = this.bySubject.get(subject);
      keys?.delete(key);
      if (keys?.size === 0) this.bySubject.delete(subject);
    }
  }
}

/** Of whom nothing is known: each change of a person may make it a credential that is found. */
const anybody = 'anybody';
const none: Known<never> = { row: undefined };

const first = <Item>(items: Iterable<Item>): Item => items[Symbol.iterator]().next().value as Item;
