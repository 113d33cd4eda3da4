import type { Context } from '../../core/context.ts';
import type { ModelKind } from '../../core/models/model.ts';
import { shownModels } from '../../core/models/shown_models.ts';
import { admit, permitRow } from '../../core/policy.ts';
import { viewer } from '../../core/rules.ts';

const policy = { name: 'models', policy: { action: { list: viewer } } };

/** The models of a kind, all at once, for whoever may read. */
export const listModels = (kind: ModelKind) =>
  Object.assign(async ({ house }: Context) => shownModels(house, kind), {
    permits: (context: Context) => permitRow(policy, 'list', admit(policy, 'list', context), context, undefined),
  });
