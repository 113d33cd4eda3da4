import { createParser } from 'eventsource-parser';
import { unreadable } from './failing_model.ts';
import { type Answered, leaveAnswer } from './over_http.ts';

/** The most that comes without an event's end, in characters. */
const longest = 4_000_000;

/**
 * The data of server-sent events, one after the other. Whoever wants no more leaves the connection to the next question.
 */
export async function* eventsOf(answer: Answered): AsyncGenerator<string> {
  const met: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => met.push(data) });
  let unended = 0;
  const decoder = new TextDecoder();
  try {
    for await (const bytes of answer.body.iterator({ destroyOnReturn: false })) {
      const text = decoder.decode(bytes, { stream: true });
      parser.feed(text);
      unended = met.length > 0 ? 0 : unended + text.length;
      if (unended > longest) throw unreadable();
      yield* met.splice(0);
    }
    parser.reset({ consume: true });
    yield* met.splice(0);
  } finally {
    leaveAnswer(answer);
  }
}
