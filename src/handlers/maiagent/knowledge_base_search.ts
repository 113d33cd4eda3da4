import type { Call, Context } from '../../core/context.ts';
import { knowledgeBaseOf } from '../../core/knowledge_bases/base.ts';
import { knowledgeBases } from '../../core/knowledge_bases/index.ts';
import { type Retrieved, retrieve } from '../../core/retrieval/index.ts';
import { accountOf } from '../../core/rules.ts';
import { faqFilename } from '../../core/text_nodes/index.ts';
import { permitting } from '../permitting.ts';

/** What is looked for: in the address, or in the body with what narrows it. */
interface Search {
  query?: string;
  query_metadata?: unknown;
}

/** Searches a knowledge base. A bare list, as the vendor's client takes no other (docs/compat/maiagent.md: Searching). */
async function search(context: Context, { id, query, body }: Call<Search, Search>) {
  const { id: base } = await knowledgeBaseOf(context, id);
  const asked = { query: body.query ?? query.query ?? '', queryMetadata: body.query_metadata };
  const wanted = { accountId: accountOf(context), knowledgeBaseIds: [base], ...asked };
  const found = await retrieve(context.db, wanted, context.house.models);
  return found.map(hit);
}

function hit({ nodeId: id, text, score, displayScore, file, faqId, page, heading, hitsCount, updatedAt }: Retrieved) {
  const filename = file?.filename ?? faqFilename;
  const fileId = file?.id ?? null;
  return {
    ...{ id, text, score, display_score: displayScore, filename, heading, faq: faqId, page_number: page },
    chatbot_file: { id: fileId, filename },
    knowledge_base_file: fileId,
    characters_count: [...text].length,
    hits_count: hitsCount,
    updated_at: updatedAt,
  };
}

export const searchKnowledgeBase = permitting(knowledgeBases, 'detail', search);
