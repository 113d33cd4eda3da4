// Loaded before the page is drawn, so that it is not drawn twice. Without a choice it is the system's.
try {
  const chosen = localStorage.getItem('latchkey-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is closed to us: then it is the system's each time.
}
