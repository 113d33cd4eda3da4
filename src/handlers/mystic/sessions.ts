import type { components } from '../../../generated/mystic.ts';
import type { Call, Context } from '../../core/context.ts';
import { idOf } from '../../core/ids.ts';
import * as cli from '../../core/sign_in/cli_session.ts';
import { epoch } from './shown.ts';

type Schemas = components['schemas'];

/** Signs a command line in. Throws what `core/sign_in/cli_session.ts` throws. */
export async function openCliSession(
  context: Context,
  { body }: Call<unknown, Schemas['CliSessionCreate']>,
): Promise<Schemas['CliSessionGet']> {
  const { id, name, created_at, token } = await cli.openCliSession(context, body);
  return { id: idOf('session', id), name: name as string, created_at: epoch(created_at), token };
}

/** Ends the session that this very call is made with. */
export async function endCliSession(context: Context): Promise<undefined> {
  await cli.endOwnSession(context);
  return undefined;
}
