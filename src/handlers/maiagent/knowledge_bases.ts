import { deleteFaqs, faqs } from '../../core/knowledge_bases/faqs.ts';
import { registering, takeSeveral } from '../../core/knowledge_bases/register.ts';
import { knowledgeBaseFiles } from '../../core/knowledge_bases/registered_files.ts';
import { reparsing } from '../../core/knowledge_bases/reparse.ts';
import { permitting } from '../permitting.ts';
import { fileUrl } from './file_url.ts';

/** The core's files of a knowledge base, with the address of the bytes for the file. */
export const files: typeof knowledgeBaseFiles = {
  ...knowledgeBaseFiles,
  collect: {
    ...knowledgeBaseFiles.collect,
    file: (context, rows) => rows.map(({ file_id: id, stored_name: name }) => fileUrl(context, { id, name })),
  },
};

export const registerKnowledgeBaseFiles = permitting(files, 'create', registering(files));
export const deleteKnowledgeBaseFiles = permitting(files, 'delete', takeSeveral);
export const reparseKnowledgeBaseFiles = permitting(files, 'update', reparsing(files));
export const deleteKnowledgeBaseFaqs = permitting(faqs, 'delete', deleteFaqs);
