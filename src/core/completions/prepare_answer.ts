import { modelOf } from '../chatbots/model_choice.ts';
import type { House } from '../house.ts';
import type { Question as Asked } from '../models/chat.ts';
import type { Model } from '../models/model.ts';
import { type Ingredients, promptOf, type Said } from '../prompts/index.ts';
import { type Retrieved, retrieve } from '../retrieval/index.ts';
import type { Question } from './begin_question.ts';
import { enclosedFiles } from './enclosed_files.ts';

/** What an answer is made of: a model and what it is asked, or a text that stands already. */
export interface Ready {
  model: Model;
  ingredients: Omit<Ingredients, 'room'>;
  knowledge: readonly Retrieved[];
  /** The answer where no knowledge was found, for chatbots that say nothing of their own. */
  fixed: string | undefined;
}

/**
 * Gathers knowledge and files. Throws `unavailable` where there is no model.
 * @param history what was said before
 */
export async function prepareAnswer(house: House, question: Question, history: readonly Said[]): Promise<Ready> {
  const { accountId, chatbot, content, narrowing, isInformed, hasEnclosures } = question;
  const model = modelOf(house, chatbot.large_language_model);
  const wanted = {
    accountId,
    chatbotId: chatbot.id,
    query: content,
    queryMetadata: narrowing,
    limit: chatbot.number_of_retrieved_chunks,
  };
  const knowledge = isInformed ? await retrieve(house.db, wanted, house.models) : [];
  const enclosed = hasEnclosures ? await enclosedFiles(house, await question.messageId) : [];
  const isBound = chatbot.reply_mode === 'template' || chatbot.reply_mode === 'hybrid';
  const isSilent = isBound && knowledge.length === 0 && Boolean(chatbot.unanswerable_template?.trim());
  return {
    ...{ model, knowledge, fixed: isSilent ? (chatbot.unanswerable_template ?? undefined) : undefined },
    ingredients: {
      ...{ instructions: chatbot.instructions, facts: question.facts, history, question: content, enclosed },
      sources: knowledge.map(({ passage, file, page, heading }) => ({
        ...{ text: passage, filename: file?.filename ?? 'FAQ', page, heading },
      })),
    },
  };
}

/** The tokens of an answer that nobody has bounded: of what a model takes, so much at most is left free for it. */
const usualAnswer = 2_048;

/** What a model is asked; `part`: of the room that there is. And the knowledge that went with it. */
export function askedOf({ chatbot }: Question, { model, ingredients, knowledge }: Ready, part: number) {
  const answer = Math.min(chatbot.max_tokens ?? usualAnswer, Math.floor(model.contextSize / 4));
  const prompt = promptOf({ ...ingredients, room: Math.floor((model.contextSize - answer) * part) });
  const asked: Asked = {
    turns: prompt.turns,
    ...(chatbot.temperature !== null && { temperature: chatbot.temperature }),
    ...(chatbot.max_tokens !== null && { maxTokens: chatbot.max_tokens }),
    ...(chatbot.output_mode === 'json_schema' && { schema: chatbot.raw_output_format ?? {} }),
  };
  return { asked, cited: knowledge.slice(0, prompt.sources) };
}
