/** Opens the search by its button, `/` or Ctrl K. What searches is loaded when it is opened first. */
export function offerSearch(): void {
  const button = document.querySelector<HTMLButtonElement>('button.find');
  if (!button) return;
  let opened: Promise<() => void> | undefined;
  const open = async () => {
    opened ??= import('./search.ts').then(({ searchDialog }) =>
      searchDialog(button.dataset.search ?? '', button.dataset.root ?? ''),
    );
    (await opened)();
  };
  button.addEventListener('click', open);
  document.addEventListener('keydown', (event) => {
    const isTyping = (event.target as HTMLElement).closest('input, textarea, select, [contenteditable]');
    const isAsked = (event.key === '/' && !isTyping) || (event.key === 'k' && (event.ctrlKey || event.metaKey));
    if (!isAsked || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    void open();
  });
  button.hidden = false;
}
