import type { House } from '../house.ts';
import type { ModelKind } from './model.ts';

/** A model as people choose it. */
export interface ShownModel {
  id: string;
  name: string;
  is_default: boolean;
}

/** What stands for a model of a kind where the operator has none; knowledge bases have these ids where none was named. */
const without: Partial<Record<ModelKind, ShownModel>> = {
  embedding: { id: '6d1f4f6e-1f0a-4c7e-9a51-0b6a3c7d2e10', name: 'Full text search', is_default: true },
  rerank: { id: '6d1f4f6e-1f0a-4c7e-9a51-0b6a3c7d2e11', name: 'No reranking', is_default: true },
};

/** The models of a kind, the default first; what is done without one, where there is none. */
export function shownModels({ models }: Pick<House, 'models'>, kind: ModelKind): ShownModel[] {
  const all = models.of(kind).map(({ id, name }, index) => ({ id, name, is_default: index === 0 }));
  const none = without[kind];
  return all.length === 0 && none ? [none] : all;
}

/** One of them by its id; the default without one. What is not in the file any more has its id for a name. */
export function shownModel(house: Pick<House, 'models'>, kind: ModelKind, id: string | null): ShownModel {
  const all = shownModels(house, kind);
  const found = id === null ? all[0] : all.find((model) => model.id === id);
  return found ?? { id: id ?? '', name: id ?? '', is_default: false };
}
