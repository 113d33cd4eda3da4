import type { Endpoint } from '../endpoint.ts';
import type { Json } from '../pipelines/row.ts';
import { accountOf, each, viewer } from '../rules.ts';

interface Row {
  outputs: null;
  sample_data: Json | null;
  shape: number[] | null;
  text_data: string | null;
  type: 'table' | 'text';
  variable_uuid: string;
}

const shown = ['outputs', 'sample_data', 'shape', 'text_data', 'type', 'variable_uuid'] as const;

/** What a block gave in a run (docs/compat/mage.md: Block runs and logs); of one that is not there, nothing. */
export const blockOutputs: Endpoint<Row, unknown, string> = {
  name: 'outputs',
  resource: {
    parent: async (_context, id) => id,

    async list(context, { page: { offset } }, id) {
      const found = await context
        .db('block_outputs as o')
        .join('block_runs as b', 'b.id', 'o.block_run_id')
        .join('pipeline_runs as r', 'r.id', 'b.pipeline_run_id')
        .where('r.account_id', accountOf(context))
        .whereRaw('b.id::text = ?', [id ?? ''])
        .orderBy('o.position')
        .select('o.*');
      const rows = found.map(({ position, type, text_data, sample_data, shape }) => ({
        ...{ outputs: null, type, text_data, sample_data, shape, variable_uuid: `output_${position}` },
      }));
      return { rows: rows as Row[], offset };
    },
  },
  policy: {
    action: { list: viewer },
    read: each(shown, viewer),
    write: {},
    query: each(['sample_count'], { list: viewer }),
  },
  presenter: { default: shown },
  collect: {},
};
