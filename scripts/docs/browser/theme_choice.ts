/** A button that goes from the system's theme to the other one, and back. */
export function offerTheme(): void {
  const button = document.querySelector<HTMLButtonElement>('button.theme');
  if (!button) return;
  const { dataset } = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark';
  const say = () => {
    button.setAttribute('aria-label', isDark() ? 'Light theme' : 'Dark theme');
    button.title = isDark() ? 'Light theme' : 'Dark theme';
  };
  button.addEventListener('click', () => {
    const next = isDark() ? 'light' : 'dark';
    dataset.theme = next;
    try {
      localStorage.setItem('latchkey-theme', next);
    } catch {
      // It holds for this page.
    }
    say();
  });
  system.addEventListener('change', say);
  say();
  button.hidden = false;
}
