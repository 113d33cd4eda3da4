import { operationOf } from '../../contract/contract.ts';
import { writeJsonLine } from '../../contract/json.ts';
import { chatbotOf } from '../../core/chatbots/chatbot_of.ts';
import { chatbots } from '../../core/chatbots/index.ts';
import type { Given } from '../../core/completions/give_answer.ts';
import { type Asking, ask, type Coming, wholeOf } from '../../core/completions/index.ts';
import type { Call, Context } from '../../core/context.ts';
import { toFailure } from '../../core/to_failure.ts';
import { callerLeft, Streamed, unheard, unlessSilent } from '../../wire/streamed.ts';
import { permitting } from '../permitting.ts';
import { citationsOf } from './citations.ts';
import { outsideOf } from './envelope.ts';
import { contract } from './published_contract.ts';

type Asked = Call<unknown, Asking & { is_streaming?: boolean }>;

/** Asking costs, and is written down: it needs the role that may change chatbots. */
const permitted = <Work>(work: Work) => permitting(chatbots, 'update', work);

/**
 * An answer, whole or in pieces (docs/compat/maiagent.md: Completions). What goes wrong before its first piece is an answer like any
 * other; later, the last event says so.
 */
export const createCompletion = Object.assign(
  permitted(async (context: Context, { id = '', body: { is_streaming: inPieces = false, ...asking } }: Asked) => {
    const coming = await ask(context, id, asking, inPieces);
    if (inPieces) return streamed(context, coming);
    const given = await unlessGone(coming, wholeOf(coming));
    return { ...shown(context, given), content: given.text };
  }),
  { finds: (context: Context, { id }: Call) => chatbotOf(context, id) },
);

const outside = outsideOf(contract, operationOf(contract, 'createCompletion').answer);

function shown(context: Context, { id, conversationId, cited }: Given) {
  return { public_id: id, conversation_id: conversationId, content: '', done: true, ...citationsOf(context, cited) };
}

/** What is promised. Throws what nobody is told where the caller has left. */
function unlessGone<Result>({ hasLeft }: Coming, promise: Promise<Result>): Promise<Result> {
  return promise.catch((thrown: unknown) => {
    throw hasLeft() ? callerLeft() : thrown;
  });
}

/** Server-sent events as the vendor's clients read them: each is one line of data, and an empty line. */
const event = (data: unknown) => `data: ${writeJsonLine(data)}\n\n`;

/** What keeps a connection open that has nothing to say: a comment. */
const still = ': still here\n\n';

async function streamed(context: Context, coming: Coming): Promise<Streamed> {
  const { conversationId, pieces, close } = coming;
  const first = pieces.next();
  const isSilent = !(await unlessGone(coming, unlessSilent(first, unheard)));
  async function* source(): AsyncGenerator<string, void> {
    if (isSilent) yield still;
    try {
      for (let next = first; ; next = pieces.next()) {
        const { done, value } = await next;
        if (done) return yield event(outside(shown(context, value)));
        yield event({ conversationId, content: value, done: false });
      }
    } catch (thrown) {
      const { message } = toFailure(thrown);
      yield event({ conversationId, content: '', done: true, error: { detail: message } });
    }
  }
  const headers = {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
    'X-Accel-Buffering': 'no',
  };
  return new Streamed({ headers, body: { source: source(), close, still, silence: unheard } });
}
