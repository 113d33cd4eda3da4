import { Failure, type Refusal } from '../contract/failure.ts';
import type { Action, Call, Context } from './context.ts';

/**
 * One rule: whom it concerns (signed in, signed out, or both), and what must hold. The row is there where the action
 * has one.
 */
export interface Rule<Row = never> {
  scope: 'private' | 'public' | 'all';
  when(context: Context, row: Row | undefined): boolean;
}

/** One rule for every action, or one per action (`all` for the rest; an action without a rule is disabled). */
export type Rules<Row = never> = Rule<Row> | Partial<Record<Action | 'all', Rule<Row>>>;

/**
 * What may be done: the actions, the attributes to read and to write, the query parameters to ask.
 * `read` is total: a new column that nobody has decided about does not compile. `write` and `query` are partial:
 * silence means no. The model is Mage's policy (docs/compat/mage.md: Refusals): owners skip the rules on attributes and
 * queries, never those on actions.
 */
export interface Policy<Row, Extra = unknown> {
  action: Partial<Record<Action, Rule<Row>>>;
  read: Record<keyof (Row & Extra) & string, Rules<Row>>;
  write: Record<string, Rules<Row>>;
  query: Record<string, Rules<Row>>;
  /** Actions that drop attributes they do not know instead of refusing them. */
  lenient?: readonly Action[];
}

type Judged<Row> = { name: string; policy: { action: Policy<Row>['action'] } };

/** Whether the caller may try the action at all, before anything is looked up. Throws `forbidden`. */
export function admit<Row>({ name, policy }: Judged<Row>, action: Action, context: Context): Rule<Row> | undefined {
  const rule = policy.action[action];
  if (!rule) throw refusal(context, { part: 'action', why: 'disabled', name: action, action, resource: name });
  const why = outOfScope(rule, context);
  if (why) throw refusal(context, { part: 'action', why, name: action, action, resource: name });
  return rule;
}

/** Whether the action's condition holds for this caller and this row. Throws `forbidden`. */
export function permitRow<Row>(
  { name }: Judged<Row>,
  action: Action,
  rule: Rule<Row> | undefined,
  context: Context,
  row: Row | undefined,
): void {
  if (context.principal.kind === 'open' || !rule || rule.when(context, row)) return;
  throw refusal(context, { part: 'action', why: 'condition', name: action, action, resource: name });
}

/**
 * The call with nothing in it but attributes and query parameters that the policy names. Throws `forbidden` for the
 * first other one.
 */
export function permitNames<Row, Extra>(
  { name: resource, policy }: { name: string; policy: Policy<Row, Extra> },
  action: Action,
  context: Context,
  call: Call,
  row: Row | undefined,
): Call {
  const judge = (part: 'write' | 'query', values: Record<string, unknown>) => {
    const permitted: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(values)) {
      const rule = ruleFor(policy[part], name, action);
      const why = judgeName(rule, context, row);
      const lenient = !rule && part === 'write' && policy.lenient?.includes(action);
      if (why && !lenient) throw refusal(context, { part, why, name, value, action, resource });
      if (rule) permitted[name] = value;
    }
    return permitted;
  };
  const writes = action === 'create' || action === 'update';
  const asks = action === 'list' || action === 'detail' || action === 'update';
  // Of what else is said where nothing is asked, Mage says nothing.
  const named = ([name]: [string, unknown]) => !judgeName(ruleFor(policy.query, name, action), context, row);
  const query = asks ? call.query : Object.fromEntries(Object.entries(call.query).filter(named));
  return { ...call, body: writes ? judge('write', call.body) : {}, query: judge('query', query) };
}

/** Whether the caller sees the attribute. Rules on reading know the caller only: they are asked once for all rows. */
export function mayRead<Row>(
  read: Record<string, Rules<Row>>,
  name: string,
  action: Action,
  context: Context,
): boolean {
  return context.principal.kind === 'open' || (ruleFor(read, name, action)?.when(context, undefined) ?? false);
}

function ruleFor<Row>(rules: Record<string, Rules<Row>>, name: string, action: Action): Rule<Row> | undefined {
  const found = Object.hasOwn(rules, name) ? rules[name] : undefined;
  return !found || 'when' in found ? found : (found[action] ?? found.all);
}

function outOfScope<Row>(rule: Rule<Row>, { principal }: Context): 'signed_in' | 'signed_out' | undefined {
  if (rule.scope === 'private' && principal.kind === 'anonymous') return 'signed_in';
  if (rule.scope === 'public' && principal.kind === 'user') return 'signed_out';
  return undefined;
}

function judgeName<Row>(
  rule: Rule<Row> | undefined,
  context: Context,
  row: Row | undefined,
): Refusal['why'] | undefined {
  const { principal } = context;
  if (principal.kind === 'open' || (principal.kind === 'user' && principal.roles.includes('owner'))) return undefined;
  if (!rule) return 'disabled';
  return outOfScope(rule, context) ?? (rule.when(context, row) ? undefined : 'condition');
}

function refusal({ principal }: Context, refused: Omit<Refusal, 'roleless'>): Failure {
  const roleless = principal.kind === 'user' && principal.roles.length === 0;
  return new Failure('forbidden', `You may not ${refused.action} ${refused.resource}.`, {
    reason: { refusal: { ...refused, roleless } },
  });
}
