import type { operations } from '../../../generated/magpipe.ts';
import type { Answered, Asked, Handlers } from '../../wire/handlers.ts';
import { manageApiKeys } from './keys.ts';

type Table<Operations> = Handlers<{
  [Id in keyof Operations]: { asked: Asked<Operations[Id]>; answered: Answered<Operations[Id]> };
}>;

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = { manageApiKeys } satisfies Table<operations>;
