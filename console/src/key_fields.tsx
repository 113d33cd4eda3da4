import type { Scope } from './api.ts';
import { type Draft, spans } from './key_draft.ts';

interface Part {
  draft: Draft;
  set(changes: Partial<Draft>): void;
}

/** What a key may do: all that its user may, or what is chosen of it. */
export function Rights({ draft, set, scopes }: Part & { scopes: Scope[] }) {
  const { hasAll, scopes: held } = draft;
  const toggle = (scope: string, isHeld: boolean) =>
    set({ scopes: isHeld ? [...held, scope] : held.filter((one) => one !== scope) });
  const choice = (all: boolean, text: string) => (
    <label class="check">
      <input type="radio" name="rights" checked={hasAll === all} onChange={() => set({ hasAll: all })} />
      <span>{text}</span>
    </label>
  );
  return (
    <fieldset>
      <legend>What it may do</legend>
      {choice(true, 'Everything you may do')}
      {choice(false, 'Only what is chosen')}
      {!hasAll && (
        <div class="scopes">
          {scopes.map(({ scope, description }) => (
            <label key={scope} class="check">
              <input
                type="checkbox"
                checked={held.includes(scope)}
                onChange={(event) => toggle(scope, event.currentTarget.checked)}
              />
              <span>
                <code>{scope}</code>
                <span class="sub">{description}</span>
              </span>
            </label>
          ))}
        </div>
      )}
    </fieldset>
  );
}

const ends: Record<string, string> = { never: 'Never', 30: 'In 30 days', 90: 'In 90 days', 365: 'In a year' };

/** When a key ends by itself. */
export function Expiry({ draft: { expires, date }, set }: Part) {
  return (
    <div class="pair">
      <div class="field">
        <label for="expires">Expires</label>
        <select id="expires" value={expires} onChange={(event) => set({ expires: event.currentTarget.value })}>
          {['never', '30', '90', '365'].map((value) => (
            <option key={value} value={value}>
              {ends[value]}
            </option>
          ))}
          <option value="date">At the end of a day</option>
        </select>
      </div>
      {expires === 'date' && (
        <div class="field">
          <label for="date">Last day (UTC)</label>
          <input
            id="date"
            type="date"
            required
            value={date}
            onInput={(event) => set({ date: event.currentTarget.value })}
          />
        </div>
      )}
    </div>
  );
}

/** From where and how often: folded away, as most keys have neither. */
export function Bounds({ draft: { addresses, limits }, set }: Part) {
  const isOpen = addresses !== '' || Object.values(limits).some(Boolean);
  return (
    <details open={isOpen || undefined}>
      <summary>Addresses and limits</summary>
      <div class="field">
        <label for="addresses">Addresses</label>
        <textarea
          id="addresses"
          rows={2}
          spellcheck={false}
          aria-describedby="addresses-about"
          value={addresses}
          onInput={(event) => set({ addresses: event.currentTarget.value })}
        />
        <span id="addresses-about" class="sub">
          From where it may be used: addresses or ranges, as 203.0.113.0/24, one on each line. None: from anywhere.
        </span>
      </div>
      <fieldset>
        <legend>Requests at most</legend>
        <div class="limits">
          {spans.map((span) => (
            <div class="field" key={span}>
              <label for={`per-${span}`}>Per {span}</label>
              <input
                id={`per-${span}`}
                type="text"
                inputMode="numeric"
                pattern="[\d, ]*"
                title="A whole number"
                value={limits[span]}
                onInput={(event) => set({ limits: { ...limits, [span]: event.currentTarget.value } })}
              />
            </div>
          ))}
        </div>
      </fieldset>
    </details>
  );
}
