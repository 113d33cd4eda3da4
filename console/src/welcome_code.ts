import { shared } from './state.ts';

/** The code of the link that was opened: it is in memory alone, and in no address from here on. */
export const welcomeCode = shared('');

/** Takes the code out of the address: nothing that looks at that later finds it. */
function take() {
  if (location.pathname !== '/welcome' || location.hash === '') return;
  welcomeCode.set(location.hash.slice(1));
  history.replaceState(null, '', location.pathname);
}

take();
addEventListener('hashchange', take);
