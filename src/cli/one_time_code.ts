import { parse, parseObject, read, refusal } from './answer.ts';
import { ask } from './ask.ts';
import { warn } from './output.ts';
import { openAnyway } from './server.ts';
import { Stop } from './stop.ts';

/** The code of a link, as it stands behind its `#` or alone; undefined for what is neither. */
export function codeIn(text: string): string | undefined {
  return /^(?:https?:\/\/\S+#)?((?:fst|inv|res)_[\w-]{43})$/.exec(text.trim())?.[1];
}

const gone = 'This code opens nothing: it was used, it is over, or there is a newer one.';

async function send(id: 'inspectLink' | 'redeemLink', url: string, body: object) {
  const answer = await read(await openAnyway(id, { by: { url }, body, timeout: 30_000 }));
  if (answer.status === 404) throw new Stop('refused', gone);
  return answer;
}

/** Uses a code up: asks for the password to set until it is a good one. Gives what signs in from now on. Throws a `Stop`. */
export async function useCode(url: string, code: string): Promise<{ email: string; password: string }> {
  const looked = await send('inspectLink', url, { code });
  if (looked.status !== 200) throw refusal(looked);
  const { email } = parseObject<{ email: string }>(looked.text);
  for (;;) {
    const password = await ask(`New password of ${email}: `, true);
    if ((await ask('The same again: ', true)) !== password) {
      warn('The two are not the same.');
      continue;
    }
    const redeemed = await send('redeemLink', url, { code, password });
    if (redeemed.status === 200) return { email, password };
    const { password: said } = (parse(redeemed.text) ?? {}) as { password?: unknown };
    if (redeemed.status !== 400 || !Array.isArray(said)) throw refusal(redeemed);
    warn(said.join(' '));
  }
}
