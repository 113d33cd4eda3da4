import type { Models } from '../models/index.ts';
import type { Model } from '../models/model.ts';

/** The embedding model of a knowledge base: that which it names, else the first one. Undefined where the operator has none. */
export function embeddingModelOf(models: Models, id: string): Model | undefined {
  return models.byId('embedding', id) ?? models.of('embedding')[0];
}

/** The same for what ranks once more. */
export function rerankModelOf(models: Models, id: string): Model | undefined {
  return models.byId('rerank', id) ?? models.of('rerank')[0];
}

/** The vector at length one: its cosine with another such is their product. */
export function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector) || 1;
  return vector.map((part) => part / length);
}
