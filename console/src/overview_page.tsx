import { Head } from './head.tsx';
import { go } from './router.ts';

/** What happened, and what needs somebody. */
export function OverviewPage() {
  return (
    <Head
      title="Overview"
      action={
        <button type="button" class="btn primary" onClick={() => go('/keys?generate')}>
          Generate new key
        </button>
      }
    >
      What happened here, and what needs you.
    </Head>
  );
}
