/** Moves the list of pages, where it is longer than the window, to where the reader is. */
export function showPlace(): void {
  const side = document.querySelector<HTMLElement>('.side');
  const here = side?.querySelector<HTMLElement>('[aria-current]');
  if (!side || !here) return;
  const below = here.getBoundingClientRect().bottom - side.getBoundingClientRect().top;
  if (below > side.clientHeight) side.scrollTop = below - side.clientHeight / 2;
}
