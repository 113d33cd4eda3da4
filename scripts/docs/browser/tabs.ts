const chosenOf = (group: string) => {
  try {
    return localStorage.getItem(`latchkey-${group}`);
  } catch {
    return null;
  }
};
const keep = (group: string, name: string) => {
  try {
    localStorage.setItem(`latchkey-${group}`, name);
  } catch {
    // It holds for this page.
  }
};
const choosers = new Map<string, ((name: string) => void)[]>();

/** Makes tabs of what stands in `.tabs`, as the ARIA practices have them: arrows move, and what is moved to is shown. */
export function makeTabs(): void {
  for (const [at, box] of document.querySelectorAll<HTMLElement>('.tabs').entries()) makeTab(box, at);
}

function makeTab(box: HTMLElement, at: number): void {
  const group = box.dataset.group ?? '';
  const panels = [...box.querySelectorAll<HTMLElement>(':scope > section')];
  const names = panels.map((panel) => panel.dataset.name ?? '');
  const list = document.createElement('div');
  list.setAttribute('role', 'tablist');
  list.setAttribute(
    'aria-label',
    group.replace(/^./, (first) => first.toUpperCase()),
  );
  const buttons = panels.map((panel, n) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.id = `tab-${at}-${n}`;
    button.textContent = names[n] ?? '';
    panel.id ||= `panel-${at}-${n}`;
    button.setAttribute('role', 'tab');
    button.setAttribute('aria-controls', panel.id);
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', button.id);
    // The tab says it; on paper there are no tabs.
    const heading = panel.querySelector('h4');
    if (heading) heading.hidden = true;
    list.append(button);
    return button;
  });
  const show = (name: string) => {
    if (!names.includes(name)) return;
    for (const [n, button] of buttons.entries()) {
      const isChosen = names[n] === name;
      button.setAttribute('aria-selected', String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      (panels[n] as HTMLElement).hidden = !isChosen;
    }
  };
  const choose = (name: string) => {
    keep(group, name);
    for (const one of choosers.get(group) ?? []) one(name);
  };
  list.addEventListener('click', ({ target }) => {
    const n = buttons.indexOf(target as HTMLButtonElement);
    if (n >= 0) choose(names[n] ?? '');
  });
  list.addEventListener('keydown', (event) => {
    const now = buttons.indexOf(event.target as HTMLButtonElement);
    const to = { ArrowRight: now + 1, ArrowLeft: now - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const n = (to + buttons.length) % buttons.length;
    choose(names[n] ?? '');
    buttons[n]?.focus();
  });
  box.prepend(list);
  choosers.set(group, [...(choosers.get(group) ?? []), show]);
  show(names[0] ?? '');
  show(chosenOf(group) ?? '');
}
