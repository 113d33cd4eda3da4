import { blockRuns } from '../block_runs/index.ts';
import type { Endpoint } from '../endpoint.ts';
import type { PipelineRunRow } from '../pipeline_runs/row.ts';
import { each, viewer } from '../rules.ts';
import { blocksOf } from './row.ts';
import { brief, type ShownBlock, shown } from './shown_block.ts';

const names = [...brief, 'tags'] as const;
type Row = Pick<ShownBlock, (typeof names)[number]>;

/** The blocks of a run's pipeline, as they are now (docs/compat/mage.md: Block runs and logs). */
export const blocksOfRun: Endpoint<Row, unknown, PipelineRunRow> = {
  name: 'blocks',
  resource: {
    ...(blockRuns.resource.parent && { parent: blockRuns.resource.parent }),
    async list({ db }, { page: { limit = 40, offset } }, run) {
      const all = await blocksOf(db, [(run as PipelineRunRow).pipeline_id]);
      const found = all.filter(({ place }) => place === 'blocks');
      const rows = found.slice(offset, offset + limit).map((block) => shown(block, all));
      return { rows, count: found.length, limit, offset };
    },
  },
  policy: { action: { list: viewer }, read: each(names, viewer), write: {}, query: {} },
  presenter: { default: names },
  collect: {},
};
