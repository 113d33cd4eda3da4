import type { Message } from '../../../generated/tables.ts';
import { storedJson } from '../../contract/json.ts';
import type { Retrieved } from '../retrieval/index.ts';

/** What was said: a row of `messages`, with its words as what they are. */
export type MessageRow = Omit<Message, 'type' | 'feedback' | 'citations' | 'state'> & {
  type: 'incoming' | 'outgoing';
  feedback: 'like' | 'dislike' | null;
  /** The pieces of knowledge that went with the question, in the order of their numbers. */
  citations: Retrieved[];
  state: 'waiting' | 'done' | 'failed';
};

export const messageColumns = ['messages.*'] as const;

/** JSON of a caller's as a column keeps it. */
export const stored = (value: Record<string, unknown> | null | undefined) => (value ? storedJson(value) : null);

/** What a conversation is called after its first message: its first line, so many characters of it. */
export function titleOf(content: string): string {
  const [line = ''] = content.trim().split(/[\n\r]/, 1);
  return Array.from(line).slice(0, 80).join('');
}
