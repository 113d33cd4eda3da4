import { attachments as coreAttachments } from '../../core/attachments/index.ts';
import { fileUrl } from './file_url.ts';

/** The core's attachments, with the address of the bytes for the file. */
export const attachments: typeof coreAttachments = {
  ...coreAttachments,
  collect: {
    file: (context, rows) => rows.map(({ file_id: id, filename: name }) => fileUrl(context, { id, name })),
  },
};
