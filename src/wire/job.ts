import type { Operation } from '../contract/contract.ts';
import { settler } from '../contract/settle_numbers.ts';
import { type Validate, validators } from '../contract/validator.ts';
import { tagger } from './etag.ts';
import { repeating } from './repeating.ts';
import type { Envelope, Handler, Surface } from './surface.ts';

/** What is made of one operation of a surface, from its contract and its envelope. */
export interface Job {
  handler: Handler;
  validate: Validate;
  read: ReturnType<NonNullable<Envelope['read']>>;
  settle: ReturnType<typeof settler>;
  ask: ReturnType<Envelope['ask']>;
  answer: ReturnType<Envelope['answer']>;
  tag: ReturnType<typeof tagger> | undefined;
  once: ReturnType<typeof repeating> | undefined;
}

/** Those of a surface whose answers are checked, and those of one whose answers are not. */
type Made = Record<'checked' | 'plain', Map<Operation, Job>>;
const made = new WeakMap<Surface, Made>();

/**
 * The jobs of a surface's operations, each made when it is asked for first: a start does not wait for hundreds of them. Once for a
 * surface, however many apps of a process serve it. Throws at once for an operation that has no handler.
 */
export function jobsOf(
  surface: Surface,
  operations: readonly Operation[],
  checkResponses: boolean,
): (operation: Operation) => Job {
  const { contract, envelope, handlers } = surface;
  const missing = operations.find(({ id }) => !handlers[id]);
  if (missing) throw new Error(`${missing.id} has no handler`);
  const validatorOf = validators(contract, { unknownQuery: envelope.unknownQuery ?? false, checkResponses });
  const both: Made = made.get(surface) ?? { checked: new Map(), plain: new Map() };
  made.set(surface, both);
  const jobs = both[checkResponses ? 'checked' : 'plain'];

  const make = (operation: Operation): Job => ({
    handler: handlers[operation.id] as Handler,
    validate: validatorOf(operation),
    read: envelope.read?.(operation, contract) ?? ((body: unknown) => body),
    settle: settler(contract, operation.request ?? operation.form),
    ask: envelope.ask(operation, contract),
    answer: envelope.answer(operation, contract),
    tag: operation.told.includes('etag') ? tagger(contract, operation) : undefined,
    once: operation.headers.includes('idempotency-key') ? repeating(contract, operation) : undefined,
  });
  return (operation) => {
    const known = jobs.get(operation);
    if (known) return known;
    const job = make(operation);
    jobs.set(operation, job);
    return job;
  };
}
