import type OpenAI from 'openai';
import type { Logger } from 'pino';
import { Failure } from '../../contract/failure.ts';
import { answerInPieces } from './answer_in_pieces.ts';
import { type ModelPace, usualPace } from './ask_model.ts';
import type { Question, Tokens } from './chat.ts';
import { clientOf } from './client.ts';
import { causeOf, modelFailure } from './failing_model.ts';
import type { Model, ModelKind } from './model.ts';
import { type Ranked, rankedTexts, vectorsOf } from './vectors.ts';
import { wholeAnswer } from './whole_answer.ts';

/**
 * The models that the operator named (docs/models.md). Whatever is wrong with one is a Failure: `upstream` (nobody is there, or
 * what is answered is none), `upstream_late`, `too_many`; `TooLongForModel`. A signal that ends is thrown as it is.
 */
export interface Models {
  /** All of a kind; the first is the default. */
  of(kind: ModelKind): readonly Model[];
  /** One by its id. Undefined where the file has it no longer. */
  byId(kind: ModelKind, id: string): Model | undefined;
  /** A whole answer, and what it took. */
  answer(model: Model, question: Question, signal: AbortSignal): Promise<{ text: string; tokens: Tokens }>;
  /** An answer in pieces; whoever does not ask for the next one holds the model up. */
  pieces(model: Model, question: Question, signal: AbortSignal): AsyncGenerator<string, Tokens>;
  /** A vector of each text, in their order. */
  embed(model: Model, texts: readonly string[], signal?: AbortSignal): Promise<number[][]>;
  /** Which texts fit a query, the best first. */
  rerank(model: Model, query: string, texts: readonly string[], signal?: AbortSignal): Promise<Ranked[]>;
}

/** The models of a file. Nothing is asked before somebody asks. */
export function modelsOf(all: readonly Model[], log: Logger, pace: ModelPace = usualPace): Models {
  const clients = new Map<string, OpenAI>();
  const clientFor = (model: Model) => {
    const client = clients.get(model.id) ?? clientOf(model, pace);
    clients.set(model.id, client);
    return client;
  };
  const failing = (model: Model, signal: AbortSignal | undefined, thrown: unknown): unknown => {
    if (signal?.aborted) return thrown;
    const failure = modelFailure(thrown);
    log.warn(causeOf(model, thrown), failure.message);
    return failure;
  };
  const asked = async <Result>(
    model: Model,
    signal: AbortSignal | undefined,
    work: (client: OpenAI) => Promise<Result>,
  ) => {
    try {
      return await work(clientFor(model));
    } catch (thrown) {
      throw failing(model, signal, thrown);
    }
  };
  const limited = (signal: AbortSignal | undefined) =>
    AbortSignal.any([AbortSignal.timeout(pace.pause), ...(signal ? [signal] : [])]);
  return {
    of: (kind) => all.filter((model) => model.kind === kind),
    byId: (kind, id) => all.find((model) => model.kind === kind && model.id === id),
    answer: (model, question, signal) =>
      asked(model, signal, (client) => wholeAnswer(client, model, question, pace, signal)),
    async *pieces(model, question, signal) {
      try {
        return yield* answerInPieces(clientFor(model), model, question, pace, signal);
      } catch (thrown) {
        throw failing(model, signal, thrown);
      }
    },
    embed: (model, texts, signal) =>
      asked(model, signal, (client) => vectorsOf(client, model, texts, pace, limited(signal))),
    rerank: (model, query, texts, signal) =>
      asked(model, signal, (client) => rankedTexts(client, model, { query, texts }, pace, limited(signal))),
  };
}

/** What there is to say where no model can do what is asked. */
export function noModel(kind: ModelKind): Failure {
  return new Failure('unavailable', `There is no ${kind} model: LATCHKEY_MODELS names the file that lists them.`);
}
