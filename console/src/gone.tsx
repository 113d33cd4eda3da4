import { Trouble } from './action.tsx';
import { Refusal } from './api.ts';
import { Head } from './head.tsx';

interface Props {
  what: string;
  up: { to: string; text: string };
  trouble: Error;
  again(): void;
}

/** In place of a thing that could not be read, or is not there. */
export function Gone({ what, up, trouble, again }: Props) {
  const isGone = trouble instanceof Refusal && trouble.status === 404;
  return (
    <>
      <Head title={isGone ? `There is no such ${what}` : `The ${what} could not be read`} up={up}>
        {isGone && 'It was deleted, or belongs to somebody else.'}
      </Head>
      {!isGone && <Trouble of={trouble} again={again} />}
    </>
  );
}
