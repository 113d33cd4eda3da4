import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import type { Endpoint } from '../../core/endpoint.ts';
import { parsers as all, readTypes } from '../../core/knowledge_bases/parsers.ts';
import { each, viewer } from '../../core/rules.ts';
import { permitting } from '../permitting.ts';

type Parser = (typeof all)[number];
const shown = ['id', 'name', 'provider', 'priority'] as const;

/** What reads files. */
export const parsers: Endpoint<Parser> = {
  name: 'parsers',
  resource: {
    list: async (_context, { page: { limit = 20, offset } }) => ({
      rows: all.slice(offset, offset + limit),
      ...{ count: all.length, limit, offset },
    }),
    async member(_context, { id = '' }) {
      const parser = all.find((one) => one.id === id.toLowerCase());
      if (parser) return parser;
      throw new Failure('not_found', 'There is no such parser.', { reason: { missing: 'record' } });
    },
  },
  policy: { action: { list: viewer, detail: viewer }, read: each(shown, viewer), write: {}, query: {} },
  presenter: { default: shown },
  collect: {},
};

/** The endings of files whose text is read, each with what reads them: the first is asked where none is named. */
export const listSupportedFileTypes = permitting(parsers, 'list', async ({ house }: Context, _call: Call) =>
  readTypes(house).map((ending) => ({
    file_type: `.${ending}`,
    parsers: all.map(({ priority, ...parser }) => ({ ...parser, is_default: priority === 1 })),
  })),
);

/** What `upload-presigned-url` is asked for, and what it takes. */
export const listAllowedFileSpecs = permitting(parsers, 'list', async ({ house: { config } }: Context, _call: Call) =>
  ['chatbot-file', 'attachment', 'batch-qa'].map((model_name) => ({
    ...{ model_name, field_name: 'file', extensions: [...config.uploadTypes], max_size: config.maxUploadBytes },
  })),
);
