import { Failure } from '../../contract/failure.ts';
import type { House } from '../house.ts';
import { noModel } from '../models/index.ts';
import type { Model } from '../models/model.ts';
import { type ShownModel, shownModel } from '../models/shown_models.ts';

/**
 * The language model that the vendor's own scripts name: here it is the default, whichever that is (docs/compat/maiagent.md:
 * Chatbots).
 */
const vendorsModel = 'ba7da66a-6f30-414d-98f8-7d681a92d47a';

/** How knowledge is found: there is one way, and it has the id that the vendor's scripts name. */
export const rag = { id: '66261b7a-bd3f-4214-9c48-364c2e122b0f', name: 'RAG', is_default: true };

/** Whether a chatbot may name this language model. */
export function isChoice({ models }: Pick<House, 'models'>, id: string): boolean {
  return id === vendorsModel || models.byId('chat', id) !== undefined;
}

/** The language model of a chatbot. Throws `unavailable`, with the setting's name, where there is none. */
export function modelOf({ models }: Pick<House, 'models'>, id: string): Model {
  const [usual] = models.of('chat');
  if (!usual) throw noModel('chat');
  const model = id === vendorsModel ? usual : models.byId('chat', id);
  if (model) return model;
  throw new Failure('unavailable', 'The model of this chatbot is no longer in the file of LATCHKEY_MODELS.');
}

/** The same as people know it. */
export function shownChoice(house: Pick<House, 'models'>, id: string): ShownModel {
  const [usual] = house.models.of('chat');
  return id === vendorsModel ? { id, name: usual?.name ?? id, is_default: true } : shownModel(house, 'chat', id);
}
