import type { Call, Context } from '../../core/context.ts';
import { digest } from '../../core/credentials/digest.ts';
import { reportLeak } from '../../core/leaks/leak.ts';

interface Secret {
  token: string;
  type: string;
  url?: string | null;
  source?: string | null;
}

/** Keys that somebody found where they should not be. */
export const leakHandlers = {
  /** Whoever guesses is held back as somebody is who presents what is no key. */
  async reportLeakedKey(context: Context, { body: { key, url } }: Call<unknown, { key: string; url?: string }>) {
    const { isOurs, action } = await reportLeak(context, key, { by: 'anybody', url });
    if (!isOurs) await context.house.limits.guessed(context.asker.address);
    return { known: action !== null, action };
  },

  /** Of each, whether it was one of ours. */
  async reportSecretsFound(context: Context, { body }: Call<unknown, Secret[]>) {
    const feedback = [];
    for (const { token, type, url, source } of body) {
      const { isOurs } = await reportLeak(context, token, { by: 'github', url, source });
      feedback.push({
        token_hash: digest(token).toString('hex'),
        token_type: type,
        label: isOurs ? ('true_positive' as const) : ('false_positive' as const),
      });
    }
    return feedback;
  },
};
