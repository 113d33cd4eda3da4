import type { Action, Call, Context, Page } from './context.ts';
import { withNames } from './names.ts';
import { admit, mayRead, type Policy, permitNames, permitRow } from './policy.ts';

/** What is done. `member` finds one row for detail, update and delete, and throws `not_found` where there is none. */
export interface Resource<Row, Parent = unknown, Prepared = unknown> {
  parent?(context: Context, id: string): Promise<Parent>;
  member?(context: Context, call: Call, parent: Parent | undefined): Promise<Row>;
  list?(context: Context, call: Call, parent: Parent | undefined): Promise<Page<Row>>;
  /**
   * Slow work that needs no transaction (hashing): it runs once the policy has agreed, before the transaction opens.
   */
  prepare?(context: Context, call: Call, row: Row | undefined): Promise<Prepared>;
  create?(context: Context, call: Call, parent: Parent | undefined, prepared: Prepared): Promise<Row>;
  update?(context: Context, call: Call, row: Row, prepared: Prepared): Promise<Row>;
  /** Holds a row until the transaction ends; where it is missing, nobody asks for a precondition. */
  lock?(context: Context, row: Row): Promise<void>;
  /** Returns what is gone, for surfaces that show it once more. */
  delete?(context: Context, call: Call, row: Row): Promise<Row>;
}

/** Which attributes are shown, by action or by named format. */
export type Presenter<Attribute extends string> = { default: readonly Attribute[] } & Partial<
  Record<string, readonly Attribute[]>
>;

/** Attributes that are no columns. Each is loaded once for all rows of an answer, so a list never asks once per row. */
export type Collect<Row, Extra> = {
  [Name in keyof Extra]: (
    context: Context,
    rows: readonly Row[],
    call: Call,
    action: Action,
  ) => Awaitable<(Extra[Name] | undefined)[]>;
};

type Awaitable<T> = T | Promise<T>;

/** The three components of an endpoint, and its name in the plural. */
export interface Endpoint<Row, Extra = unknown, Parent = unknown, Prepared = unknown> {
  name: string;
  resource: Resource<Row, Parent, Prepared>;
  policy: Policy<Row, Extra>;
  presenter: Presenter<keyof (Row & Extra) & string>;
  collect: Collect<Row, Extra>;
  /** How a surface writes an attribute (a time, say), where that differs from the house's own form. */
  render?: { [Name in keyof (Row & Extra)]?: (value: (Row & Extra)[Name]) => (Row & Extra)[Name] };
}

/**
 * Things whose names are taken as they come: of a pipeline's, Mage makes an identifier itself, without what is invisible; a contact is
 * called what somebody calls themselves elsewhere.
 */
const namedByOthers: ReadonlySet<string> = new Set(['pipelines', 'contacts']);

const reads: ReadonlySet<Action> = new Set(['list', 'detail']);

/**
 * One operation: ask the policy, do the work in a transaction, show the result.
 * The order of the questions is Mage's (docs/compat/mage.md: Refusals), but who may not act at all hears so before
 * anything is looked up. Throws `forbidden` with the refusing rule as its reason, and whatever the resource throws.
 */
export function act<Row, Extra, Parent, Prepared>(
  endpoint: Endpoint<Row, Extra, Parent, Prepared>,
  action: 'list',
): (context: Context, call: Call) => Promise<Page<Row & Extra>>;

export function act<Row, Extra, Parent, Prepared>(
  endpoint: Endpoint<Row, Extra, Parent, Prepared>,
  action: Exclude<Action, 'list'>,
): (context: Context, call: Call) => Promise<Row & Extra>;

export function act<Row, Extra, Parent, Prepared>(endpoint: Endpoint<Row, Extra, Parent, Prepared>, action: Action) {
  const { resource } = endpoint;
  const onMember = action !== 'list' && action !== 'create';

  return async (context: Context, call: Call): Promise<unknown> => {
    const rule = admit(endpoint, action, context);
    const parent = call.parentId === undefined ? undefined : await resource.parent?.(context, call.parentId);
    const found = onMember ? await resource.member?.(context, call, parent) : undefined;
    permitRow(endpoint, action, rule, context, found);
    const asked = permitNames(endpoint, action, context, call, found);

    if (action === 'detail') return one(endpoint, action, context, asked, found as Row);
    if (reads.has(action)) {
      const page = (await resource.list?.(context, asked, parent)) as Page<Row>;
      return { ...page, rows: await show(endpoint, action, context, page.rows, asked) };
    }
    if (!namedByOthers.has(endpoint.name)) asked.body = withNames(asked.body);
    const prepared = (await resource.prepare?.(context, asked, found)) as Prepared;
    return context.db.transaction(async (db) => {
      const within = { ...context, db };
      if (found && context.precondition) {
        await resource.lock?.(within, found);
        const current = (await resource.member?.(within, call, parent)) as Row;
        await context.precondition(await one(endpoint, 'detail', within, call, current));
      }
      const result = await (action === 'create'
        ? resource.create?.(within, asked, parent, prepared)
        : resource[action as 'update' | 'delete']?.(within, asked, found as Row, prepared));
      return one(endpoint, action, within, asked, result as Row);
    });
  };
}

async function one<Row, Extra, Parent, Prepared>(
  endpoint: Endpoint<Row, Extra, Parent, Prepared>,
  action: Action,
  context: Context,
  call: Call,
  row: Row,
) {
  return (await show(endpoint, action, context, [row], call))[0];
}

/**
 * Rows as a caller may see them: the attributes of the format, narrowed by the policy's read rules, collected ones
 * loaded for all rows at once. An attribute whose collected value is undefined is left out.
 */
export async function show<Row, Extra, Parent, Prepared>(
  { presenter, policy, collect, render = {} }: Endpoint<Row, Extra, Parent, Prepared>,
  action: Action,
  context: Context,
  rows: readonly Row[],
  call: Call,
  format: string = call.format ?? action,
): Promise<(Row & Extra)[]> {
  const attributes = Object.hasOwn(presenter, format) ? presenter[format] : presenter.default;
  const names = (attributes ?? []).filter((name) => mayRead(policy.read, name, action, context));
  const loaded = new Map<string, readonly unknown[]>();
  for (const name of names) {
    const load = collect[name as keyof Extra];
    if (load) loaded.set(name, await load(context, rows, call, action));
  }
  return rows.map((row, index) => {
    const shown: Record<string, unknown> = {};
    for (const name of names) {
      const value = loaded.has(name) ? loaded.get(name)?.[index] : row[name as keyof Row];
      const write = render[name as keyof typeof render] as ((value: unknown) => unknown) | undefined;
      if (value !== undefined) shown[name] = write ? write(value) : value;
    }
    return shown as Row & Extra;
  });
}
