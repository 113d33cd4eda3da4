import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { type Asking, allowDevice, askingDevice, refuseDevice } from '../../core/sign_in/device_answer.ts';
import { shownCode } from '../../core/sign_in/device_codes.ts';
import { beginDeviceLogin, pollDeviceLogin, type Waiting } from '../../core/sign_in/device_login.ts';
import { ownSession } from '../../core/sign_in/own.ts';
import { shown as shownSession } from './sessions.ts';

const grant = 'urn:ietf:params:oauth:grant-type:device_code';

const sentences: Record<Waiting, string> = {
  authorization_pending: 'Nobody has answered yet.',
  slow_down: 'Ask less often: 5 seconds more between two questions.',
  access_denied: 'This was refused.',
  expired_token: 'The code is over. Begin anew.',
  invalid_grant: 'This device_code is none, or was used.',
};

interface Client {
  client_id: string;
}
type ByCode = Call<unknown, { user_code: string }>;

/** Programs without a browser that ask to be let in (RFC 8628), and whoever answers them. */
export const deviceLoginHandlers = {
  async authorizeDevice(context: Context, { body }: Call<unknown, Client & { name: string }>) {
    needClient(body);
    const { deviceCode, userCode, expiresIn, interval } = await beginDeviceLogin(context, body.name);
    const user_code = shownCode(userCode);
    const verification_uri = `${context.asker.origin}/device`;
    const verification_uri_complete = `${verification_uri}?code=${user_code}`;
    const codes = { device_code: deviceCode, user_code, verification_uri, verification_uri_complete };
    return { ...codes, expires_in: expiresIn, interval };
  },

  async pollDevice(context: Context, { body }: Call<unknown, Client & { grant_type: string; device_code: string }>) {
    needClient(body);
    if (body.grant_type !== grant) throw wrong('unsupported_grant_type', `grant_type is ${grant} here.`);
    const answered = await pollDeviceLogin(context, body.device_code);
    if (typeof answered === 'string') throw wrong(answered, sentences[answered]);
    const session = { ...shownSession(context, await ownSession(context, answered.id)), current: true };
    const expires_in = Math.max(1, Math.round((Date.parse(session.expires_at) - Date.now()) / 1000));
    return { access_token: answered.token, token_type: 'bearer', expires_in, session };
  },

  inspectDevice: async (context: Context, { body }: ByCode) => shown(await askingDevice(context, body.user_code)),
  allowDevice: async (context: Context, { body }: ByCode) => shown(await allowDevice(context, body.user_code)),
  refuseDevice: async (context: Context, { body }: ByCode) => shown(await refuseDevice(context, body.user_code)),
};

function shown({ code, state, name, address, isFromHere, user_agent, created_at, expires_at }: Asking) {
  const answered = state as 'waiting' | 'allowed' | 'refused';
  return { user_code: code, state: answered, name, address, from_here: isFromHere, user_agent, created_at, expires_at };
}

function needClient({ client_id }: Client) {
  if (client_id !== 'latchkey') throw wrong('invalid_client', 'The only client_id is latchkey.');
}

const wrong = (oauth: string, sentence: string) => new Failure('invalid', sentence, { reason: { oauth } });
