import { useEffect, useState } from 'preact/hooks';
import { api } from './api.ts';
import { maySee, pages } from './pages.ts';
import type { Searching } from './search.tsx';
import { me } from './session.ts';

/** Something that was found, and where it is. */
export interface Find {
  to: string;
  text: string;
  kind: string;
}

const most = 8;

/** What fits what is typed: pages at once, keys and pipelines when the server has said which. */
export function useFinds({ typed, sent }: Searching): { finds: Find[]; isLooking: boolean } {
  const user = me.use();
  const [found, set] = useState<{ of: string; finds: Find[] }>({ of: '', finds: [] });
  useEffect(() => {
    let isWanted = true;
    if (sent) look(sent).then((finds) => isWanted && set({ of: sent, finds }));
    return () => {
      isWanted = false;
    };
  }, [sent]);
  const text = typed.trim().toLowerCase();
  const known = placesFor(user?.role ?? null).filter((find) => find.text.toLowerCase().includes(text));
  const isFound = found.of === typed.trim();
  return { finds: isFound ? [...known, ...found.finds] : known, isLooking: !isFound };
}

function placesFor(role: Parameters<typeof maySee>[1]): Find[] {
  const places = Object.entries(pages).flatMap(([to, page]) =>
    typeof page === 'object' && page.icon && maySee(page, role) ? [{ to, text: page.title, kind: 'Page' }] : [],
  );
  return [
    ...places,
    { to: '/keys?generate', text: 'Generate new key', kind: 'What to do' },
    { to: '?', text: 'Shortcuts', kind: 'What to do' },
  ];
}

/** What cannot be looked through, for want of a right or of an answer, has nothing to find. */
async function look(text: string): Promise<Find[]> {
  const none = { results: [] };
  const [keys, pipelines] = await Promise.all([
    api.keys({ name: text, limit: most }).catch(() => none),
    api.pipelines({ query: text, limit: most }).catch(() => none),
  ]);
  return [
    ...keys.results.map(({ id, name, state }) => ({ to: `/keys/${id}`, text: name, kind: `Key, ${state}` })),
    ...pipelines.results.map(({ id, name }) => ({ to: `/pipelines/${id}`, text: name, kind: 'Pipeline' })),
  ];
}
