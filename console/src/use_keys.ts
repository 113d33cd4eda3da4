import { useState } from 'preact/hooks';
import { api } from './api.ts';
import { useList } from './use_list.ts';

/** The keys with this in their name, the newest first, and how many of one's own are active. */
export function useKeys(name: string) {
  const [active, setActive] = useState<number>();
  const list = useList(
    async (part, user) => {
      const [all, own] = await Promise.all([
        api.keys({ ...part, ...(name && { name }) }),
        part.cursor ? undefined : api.keys({ limit: 1, state: 'active', user: user.id }),
      ]);
      if (own) setActive(own.count);
      return all;
    },
    { by: name, news: 'keys' },
  );
  return { list, active };
}
