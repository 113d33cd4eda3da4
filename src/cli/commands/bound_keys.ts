import { parseObject } from '../answer.ts';
import { boundBody, bounds, secondsOf } from '../bounds.ts';
import { type Argument, type Command, printThing } from '../command.ts';
import { keyIdOf } from '../key_id.ts';
import { print, printJson, warn } from '../output.ts';
import { call } from '../server.ts';
import { Stop } from '../stop.ts';

const key: Argument = {
  name: 'key',
  about: 'its id, or its name where only one is called so',
  to: 'path.id',
  values: ['keys'],
};

/** Keys with scopes, bounds and rotation, as /v1 has them. */
export const boundKeys: Command[] = [
  {
    name: 'keys show',
    about: 'show one key: its scopes, its bounds and what is left of them',
    arguments: [key],
    calls: ['getKey', 'listKeys'],
    examples: ['keys show ci', 'keys show ci --json'],
    run: async ({ words, isJson }) => {
      const { text } = await call('getKey', { path: { id: await keyIdOf(words.key) } });
      if (isJson) printJson(text);
      else printThing(parseObject(text));
    },
  },
  {
    name: 'keys edit',
    about: 'change the name of a key, its scopes or its bounds, or switch it off',
    arguments: [key],
    flags: [
      { form: '--name <name>', about: 'what it is called, 1 to 64 characters', to: 'body.name' },
      ...bounds,
      { form: '--enable', about: 'switch it on again', to: 'body.enabled', value: true },
      { form: '--disable', about: 'switch it off', to: 'body.enabled', value: false },
    ],
    calls: ['updateKey', 'listKeys'],
    examples: [
      'keys edit ci --limit 100/minute --limit 10000/day',
      'keys edit ci --expires never',
      'keys edit ci --disable',
    ],
    run: async (given) => {
      const body = boundBody(given);
      if (Object.keys(body).length === 0) throw new Stop('usage', 'Nothing to edit: name at least one option.');
      const { text } = await call('updateKey', { path: { id: await keyIdOf(given.words.key) }, body });
      if (given.isJson) printJson(text);
      else print(`Changed key ${given.words.key}.`);
    },
  },
  {
    name: 'keys rotate',
    about: 'give a key a new secret and print it, this once; the old one works on for a while',
    arguments: [key],
    flags: [
      {
        form: '--grace <time>',
        about: 'for how long, 0s to 7d; a day unless you say',
        to: 'body.grace_seconds',
        read: graceOf,
      },
    ],
    calls: ['rotateKey', 'listKeys'],
    examples: ['keys rotate ci > key.txt', 'keys rotate ci --grace 0s'],
    run: async ({ words, body, isJson }) => {
      const { text } = await call('rotateKey', { path: { id: await keyIdOf(words.key) }, body });
      if (isJson) return printJson(text);
      const { key, id, rotation } = parseObject<{ key: string; id: string; rotation: { until: string } | null }>(text);
      print(key);
      warn(`Keep it: it is not shown again. Its id is ${id}.`);
      warn(rotation ? `The old one works until ${rotation.until}.` : 'The old one works no more.');
    },
  },
];

function graceOf(text: string): number {
  const seconds = secondsOf(text);
  if (seconds === undefined) throw new Stop('usage', `${JSON.stringify(text)} is no time: write 0s, 30m, 12h or 7d.`);
  return seconds;
}
