import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { Failure } from '../../contract/failure.ts';
import type { Model } from './model.ts';

/** The question is longer than the model takes: whoever asked may shorten it. */
export class TooLongForModel extends Failure {
  constructor() {
    const sentence = 'The message and what goes with it are too long for this model.';
    super('invalid', sentence, { reason: { unusable: 'content' } });
  }
}

/** What a model that ended the answer in the middle, or never began, is said to have done. */
export const cutOff = () => new Failure('upstream', 'The model broke off its answer.');
export const unreadable = () => new Failure('upstream', 'The answer of the model cannot be read.');
export const silent = () => new Failure('upstream_late', 'The model did not answer in time.');
export const wordless = () => new Failure('upstream', 'The model answered with nothing.');

/**
 * What went wrong with a model, for whoever asked (docs/models.md): nothing of its address, its key or its own words, which may
 * quote either.
 */
export function modelFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof APIConnectionTimeoutError || nameOf(thrown) === 'TimeoutError') return silent();
  if (thrown instanceof APIConnectionError) return new Failure('upstream', 'The model cannot be reached.');
  if (!(thrown instanceof APIError)) return thrown instanceof SyntaxError ? unreadable() : cutOff();
  const status = thrown.status as number | undefined;
  if (status === undefined) return cutOff();
  if (isTooLong(thrown)) return new TooLongForModel();
  if (status === 429) {
    const headers = { 'Retry-After': secondsOf(thrown.headers?.get('retry-after')) };
    return new Failure('too_many', 'The model has too much to do.', { headers });
  }
  return new Failure('upstream', `The model refused the question (status ${status}).`);
}

/** What the log may say of it: whichever model, and how; never what the model wrote. */
export function causeOf({ name }: Model, thrown: unknown): Record<string, unknown> {
  const { status, cause, code } = (thrown ?? {}) as { status?: unknown; cause?: unknown; code?: unknown };
  const deeper = [code, (cause as { code?: unknown })?.code, nested(cause)].find((one) => typeof one === 'string');
  return {
    model: name,
    reason: nameOf(thrown),
    ...(status !== undefined && { status }),
    ...(deeper !== undefined && { code: deeper }),
  };
}

/** Whether another try may help: nobody was there, or the server was at fault. */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof APIConnectionTimeoutError) return false;
  if (thrown instanceof APIConnectionError) return true;
  return thrown instanceof APIError && Number(thrown.status) >= 500;
}

/** OpenAI has a code for it; vLLM, llama.cpp and Ollama have words. */
function isTooLong({ status, code, message }: APIError): boolean {
  if (status !== 400 && status !== 413) return false;
  const isCode = code === 'context_length_exceeded' || code === 'exceed_context_size_error';
  return isCode || /context (length|size|window)|maximum context|exceeds? the (available )?context/i.test(message);
}

const hour = 3600;

function secondsOf(header: string | null | undefined): string {
  const given = header ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return String(Number.isFinite(seconds) ? Math.min(hour, Math.max(1, Math.ceil(seconds))) : 5);
}

const nameOf = (thrown: unknown) => (thrown instanceof Error ? thrown.name : typeof thrown);
const nested = (cause: unknown) => (cause as { cause?: { code?: unknown } })?.cause?.code;
