import { parseObject } from '../answer.ts';
import { type Command, printThing } from '../command.ts';
import { commaList, readStdin, wholeNumber } from '../input.ts';
import { printJson } from '../output.ts';
import { call } from '../server.ts';
import { Stop } from '../stop.ts';

/** Whether a key is good. */
export const verify: Command = {
  name: 'verify',
  about: 'say whether a key is good, and if not, why; it counts as one use of it',
  arguments: [{ name: 'key', about: 'the key, or - to read it from stdin', to: 'body.key' }],
  flags: [
    { form: '--scopes <list>', about: 'what it must permit, with commas', to: 'body.scopes', read: commaList },
    {
      form: '--cost <n>',
      about: 'how many of its credits to take; 1 unless you say',
      to: 'body.cost',
      read: wholeNumber,
    },
    { form: '--address <address>', about: 'from where it would be used', to: 'body.address' },
  ],
  calls: ['verifyKey'],
  examples: ['verify - < key.txt', 'verify - --scopes runs:create < key.txt'],
  run: async ({ body, isJson }) => {
    const { text } = await call('verifyKey', {
      body: { ...body, ...(body.key === '-' && { key: await readStdin() }) },
    });
    const verdict = parseObject<{ valid: boolean; code: string }>(text);
    if (isJson) printJson(text);
    else printThing(verdict);
    if (!verdict.valid) throw new Stop('refused', `The key is not good: ${verdict.code}.`);
  },
};
