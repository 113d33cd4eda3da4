import { unusable } from '../unusable.ts';
import type { BlockRow } from './row.ts';

/** A node of a pipeline's graph. */
type Node = Pick<BlockRow, 'uuid' | 'upstream_blocks' | 'place'>;

/** The blocks that take this one's output, in the pipeline's order. */
export function downstreamOf<N extends Node>(uuid: string, all: readonly N[], place: N['place'] = 'blocks'): N[] {
  return all.filter((block) => block.place === place && block.upstream_blocks.includes(uuid));
}

/** This block and all that come after it. */
export function withDescendants(uuid: string, all: readonly Node[]): Set<string> {
  const found = new Set([uuid]);
  for (const one of found) for (const next of downstreamOf(one, all)) found.add(next.uuid);
  return found;
}

/** Throws `invalid` where blocks lead back to themselves; `doing` is what would have made them. */
export function refuseCycle(all: readonly Node[], doing: string): void {
  const done = new Set<string>();
  const next = new Map(all.map(({ uuid }) => [uuid, downstreamOf(uuid, all)]));
  // Without recursion: a pipeline may be one long chain.
  for (const { uuid: root } of all) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { uuid: string; leaving?: boolean }[] = [{ uuid: root }];
    for (let at = stack.pop(); at; at = stack.pop()) {
      if (at.leaving) {
        path.pop();
        onPath.delete(at.uuid);
        done.add(at.uuid);
        continue;
      }
      if (onPath.has(at.uuid)) {
        const circle = [...path, at.uuid].join(' --> ');
        throw unusable('upstream_blocks', `A cycle was formed while ${doing} a block: ${circle}`);
      }
      if (done.has(at.uuid)) continue;
      path.push(at.uuid);
      onPath.add(at.uuid);
      stack.push({ uuid: at.uuid, leaving: true });
      for (const { uuid } of next.get(at.uuid)?.toReversed() ?? []) stack.push({ uuid });
    }
  }
}
