import type { Endpoint } from '../endpoint.ts';
import { collect, type PipelineExtra } from './collect.ts';
import { policy } from './policy.ts';
import { presenter } from './presenter.ts';
import { resource } from './resource.ts';
import type { PipelineRow } from './row.ts';

export type { PipelineTrigger } from './collect.ts';
export { pipelineOf } from './resource.ts';
export type { PipelineRow } from './row.ts';

/**
 * The pipelines of an account (docs/compat/mage.md: Pipelines): every surface serves these rows, each in its own
 * clothes.
 */
export const pipelines: Endpoint<PipelineRow, PipelineExtra> = {
  name: 'pipelines',
  resource,
  policy,
  presenter,
  collect,
};
