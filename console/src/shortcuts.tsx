import { Dialog } from './dialog.tsx';

/** What the keyboard does here. */
export function Shortcuts({ find, onClose }: { find: string; onClose(): void }) {
  const rows: [keys: string, does: string][] = [
    [find, 'Find a page, a key or a pipeline'],
    ['?', 'Show this list'],
    ['Tab', 'Go to the next field, button or link'],
    ['Enter', 'Press the button, send the form, follow the link'],
    ['← →', 'Go from one snippet to the next'],
    ['↑ ↓', 'Go through what was found'],
    ['Esc', 'Close what is asked; a new secret stays until it is saved'],
  ];
  return (
    <Dialog title="Shortcuts" onClose={onClose}>
      <dl class="shortcuts">
        {rows.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <div class="foot">
        <button type="button" class="btn" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
