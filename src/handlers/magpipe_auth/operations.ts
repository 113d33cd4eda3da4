import type { operations } from '../../../generated/magpipe_auth.ts';
import type { Context } from '../../core/context.ts';
import type { Answered, Asked, Handlers } from '../../wire/handlers.ts';
import { getSettings } from './settings.ts';
import { createToken } from './token.ts';
import { getUser, logout, recover, signUp, updateUser } from './user.ts';

type Table<Operations> = Handlers<{
  [Id in keyof Operations]: { asked: Asked<Operations[Id]>; answered: Answered<Operations[Id]> };
}>;

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  createToken,
  getUser,
  updateUser,
  logout,
  signUp,
  recover,
  getHealth: async () => ({ version: 'v2', name: 'GoTrue', description: 'Sign-in of Latchkey, as GoTrue answers it' }),
  getSettings,
  getJwks: async ({ house }: Context) => ({ keys: await house.signingKeys.published() }),
} satisfies Table<operations>;
