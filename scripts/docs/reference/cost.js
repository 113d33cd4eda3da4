import { credentialsOf } from './credentials.js';

/** What an operation costs and when it is refused for too many calls, as a line of Markdown. */
export function costOf(operation) {
  const { cost, answers } = operation;
  const spent =
    cost === 0 ? 'this call uses up none of its credits' : `this call uses up ${cost} of its credits, if it has any`;
  const isForKeys = credentialsOf(operation).alternatives.length > 0 && operation.scope !== 'session';
  const sentences = [
    isForKeys && `A key's own limits and its credits are counted on every surface: ${spent}.`,
    (isForKeys || answers.some(({ status }) => status === '429')) &&
      'Too many calls are `429`, and `Retry-After` says when to come again.',
    '[Limits](docs:guides/limits)',
  ];
  return sentences.filter(Boolean).join(' ');
}
