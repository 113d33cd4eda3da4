// Sends many sign-ins at once, from a process of its own as somebody else would: `guesser.ts "ORIGIN APIKEY ADDRESS"`.
import { signIn } from './signed-in.ts';

const [origin = '', apikey = '', from = ''] = (process.argv[2] ?? '').split(' ');
let guessed = 0;

process.on('message', async (count: number) => {
  const storm = Array.from({ length: count }, () =>
    signIn(origin, apikey, from, `nobody${++guessed}@bench`, 'a wrong password'),
  );
  process.send?.({ begun: true });
  const answers = await Promise.all(storm);
  const number = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
  process.send?.({ hashed: number(400), refused: number(429) });
});
process.send?.({ port: 0 });
process.on('disconnect', () => process.exit());
