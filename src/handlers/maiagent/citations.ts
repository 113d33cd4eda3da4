import type { Context } from '../../core/context.ts';
import type { Retrieved } from '../../core/retrieval/index.ts';
import { fileUrl } from './file_url.ts';

/** The files of what went with a question, each once, and the pieces themselves (docs/compat/maiagent.md: Completions). */
export function citationsOf(context: Context, cited: readonly Retrieved[]) {
  const files = new Map(cited.flatMap(({ file }) => (file ? [[file.id, file] as const] : [])));
  return {
    citations: [...files.values()].map((file) => ({
      ...{
        id: file.id,
        filename: file.filename,
        file_type: file.file_type,
        size: Number(file.size),
        status: file.status,
      },
      file: fileUrl(context, { id: file.file_id, name: file.stored_name }),
      ...{ labels: file.labels, parser: null, document: null, chatbot_file_content: null, created_at: file.created_at },
    })),
    citation_nodes: cited.map(({ nodeId, text, file, page, score, displayScore, hitsCount, updatedAt }) => ({
      chatbot_text_node: {
        ...{ id: nodeId, characters_count: text.length, hits_count: hitsCount, text, updated_at: updatedAt },
        ...{ filename: file?.filename ?? 'FAQ', chatbot_file: file?.id ?? null, knowledge_base_file: file?.id ?? null },
        page_number: page,
      },
      score,
      display_score: displayScore,
    })),
  };
}
