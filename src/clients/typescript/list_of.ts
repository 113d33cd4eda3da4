/**
 * A list: `await` gives one page as the server sends it, `for await` every item of this page and of those after it, and
 * `pages()` page after page.
 */
export interface List<Page, Item> extends PromiseLike<Page>, AsyncIterable<Item> {
  pages(): AsyncGenerator<Page, void, undefined>;
  catch<Other = never>(failed: (reason: unknown) => Other | PromiseLike<Other>): Promise<Page | Other>;
  finally(ended: () => void): Promise<Page>;
}

type Bag = Record<string, unknown>;

/** A list that goes on as its kind does (`pages` in docs/clients.md). `ask` gets one page. */
export function listOf(
  kind: string,
  items: string,
  query: Bag,
  ask: (query: Bag) => Promise<unknown>,
): List<unknown, unknown> {
  let first: Promise<unknown> | undefined;
  const page = () => {
    first ??= ask(query);
    return first;
  };
  const of = (body: unknown) => (items === '' ? body : (body as Bag)[items]) as unknown[];
  async function* pages(): AsyncGenerator<unknown, void, undefined> {
    let asked: Bag | undefined = query;
    for (let body = await page(); ; body = await ask(asked)) {
      yield body;
      asked = nextOf(kind, asked, body as Bag, of(body).length);
      if (!asked) return;
    }
  }
  return {
    // biome-ignore lint/suspicious/noThenProperty: a list is awaited for its first page
    then: (resolved, rejected) => page().then(resolved, rejected),
    catch: (failed) => page().catch(failed),
    finally: (ended) => page().finally(ended),
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const body of pages()) yield* of(body);
    },
  };
}

/** What to ask for next; undefined at the end. */
function nextOf(kind: string, asked: Bag, body: Bag, count: number): Bag | undefined {
  if (kind === 'cursor' || kind === 'page') {
    if (typeof body.next !== 'string') return undefined;
    const name = kind === 'cursor' ? 'cursor' : 'page';
    const value = new URL(body.next, 'http://localhost').searchParams.get(name);
    return value === null || value === asked[name] ? undefined : { ...asked, [name]: value };
  }
  if (count === 0) return undefined;
  if (kind === 'skip') {
    const skip = Number(body.skip ?? asked.skip ?? 0) + count;
    return skip < Number(body.total) ? { ...asked, skip } : undefined;
  }
  if (kind === 'offset') {
    const goesOn = (body.metadata as Bag | null | undefined)?.next === true;
    return goesOn ? { ...asked, _offset: Number(asked._offset ?? 0) + count } : undefined;
  }
  return undefined;
}
