import type { PlannedPipeline } from './plan.ts';

const asking = /(?:get_secret_value|mage_secret_var)\(\s*(?:r|u)?(['"])((?:(?!\1)[^\\\n])+)\1/g;

/** The names of the secrets that blocks ask for, where they are written out. */
export function secretsIn(pipelines: readonly PlannedPipeline[]): string[] {
  const contents = pipelines.flatMap(({ blocks }) => blocks.map(({ content = '' }) => content));
  return [
    ...new Set(contents.flatMap((content) => [...content.matchAll(asking)].map((match) => match[2] as string))),
  ].sort();
}
