import { shared } from './state.ts';

/** Path and query of the page that is shown. */
const place = shared(location.pathname + location.search);
addEventListener('popstate', () => place.set(location.pathname + location.search));

export const usePlace = () => new URL(place.use(), location.origin);

/** Goes to a page; `replace` where the one before is another name of it. */
export function go(path: string, replace = false) {
  if (path === location.pathname + location.search) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  if (!replace) scrollTo(0, 0);
  place.set(path);
}
