import { Failure, type Kind } from '../contract/failure.ts';

type Meaning = readonly [Kind, string];

const busy = ['unavailable', 'The server is not ready to answer. Please try again shortly.'] as const;

const unstorable = [
  'invalid',
  'It contains a character that cannot be stored (NUL, or half of a surrogate pair).',
] as const;

const notFound = ['not_found', 'Not found.'] as const;

/**
 * All that Postgres, its driver, the network and the disk may say that is the caller's doing or a passing state; anything
 * else is ours, and internal. By SQLSTATE (docs: appendix A of the Postgres manual), by its class of two characters, by
 * the code of Node, or by the name of the error.
 */
const meanings: Record<string, Meaning> = {
  '23505': ['conflict', 'It clashes with something that exists already.'],
  '23503': ['invalid', 'It refers to something that does not exist.'],
  '22P02': notFound,
  '22003': notFound,
  '22007': ['invalid', 'It contains a date or a time that is none.'],
  '22008': ['invalid', 'It contains a date or a time that cannot be stored.'],
  '22021': unstorable,
  '22P05': unstorable,
  '54000': ['invalid', 'It is too large to be stored.'],

  // Two who were in each other's way, and locks that were waited for too long.
  '40001': busy,
  '40003': busy,
  '40P01': busy,
  '55P03': busy,
  // A statement that was sent before the first of its name was refused, or through a pooler that has forgotten it.
  '26000': busy,
  // A standby, or a server whose disk is full; transactions that the server has ended.
  '25006': busy,
  '25P03': busy,
  '25P04': busy,
  // The database is away, or does not let us in any more.
  '28000': busy,
  '28P01': busy,
  '3D000': busy,
  // Connections; resources (connections, memory, disk); an operator, a shutdown, a statement's limit; input and output.
  '08': busy,
  '53': busy,
  '57': busy,
  '58': busy,

  EADDRNOTAVAIL: busy,
  EAI_AGAIN: busy,
  ECONNABORTED: busy,
  ECONNREFUSED: busy,
  ECONNRESET: busy,
  EHOSTDOWN: busy,
  EHOSTUNREACH: busy,
  ENETDOWN: busy,
  ENETUNREACH: busy,
  ENOTFOUND: busy,
  EPIPE: busy,
  ETIMEDOUT: busy,
  EDQUOT: busy,
  EIO: busy,
  EMFILE: busy,
  ENFILE: busy,
  ENOBUFS: busy,
  ENOSPC: busy,
  EROFS: busy,

  // Of the pool: no connection was free, or none came about, in time.
  KnexTimeoutError: busy,
  TimeoutError: busy,
};

/** What the driver and the pool say in words alone; knex puts the statement before it. */
const driver = new RegExp(
  [
    'Connection terminated',
    'timeout expired',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Client has encountered a connection error',
    'Client was closed',
    'Cannot use a pool after calling end',
    'Unable to acquire a connection',
    'aborted$',
  ]
    .map((words) => `(?:^| - )${words}`)
    .join('|'),
);

/** What an error that somebody threw stands for; undefined for one that is ours. */
export function meaningOf(thrown: unknown): Meaning | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, name, message } = thrown as Error & { code?: unknown };
  const said = String(code);
  // A lone surrogate inside JSON has the code of a malformed identifier.
  if (said === '22P02' && message.includes('type json')) return unstorable;
  const known = Object.hasOwn(meanings, said) ? meanings[said] : undefined;
  if (known) return known;
  if (/^[\dA-Z]{5}$/.test(said) && Object.hasOwn(meanings, said.slice(0, 2))) return meanings[said.slice(0, 2)];
  return Object.hasOwn(meanings, name) ? meanings[name] : driver.test(message) ? busy : undefined;
}

/** Turns whatever was thrown, by anyone, into one Failure. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  const [kind, sentence] = meaningOf(thrown) ?? ['internal', 'Something went wrong on our side.'];
  return new Failure(kind, sentence, { cause: thrown });
}
