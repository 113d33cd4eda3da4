/** A button on each block of code that copies it. */
export function offerCopies(root: ParentNode = document): void {
  // Browsers have no clipboard on plain http elsewhere than on this machine.
  if (!navigator.clipboard) return;
  for (const block of root.querySelectorAll<HTMLElement>('.code')) {
    if (block.querySelector('button.copy')) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(block.querySelector('pre')?.textContent ?? '');
      button.textContent = 'Copied';
      setTimeout(() => {
        button.textContent = 'Copy';
      }, 2_000);
    });
    block.append(button);
  }
}
