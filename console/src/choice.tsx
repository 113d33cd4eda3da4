interface Choosing {
  name: string;
  label: string;
  value: string;
  onChange(value: string): void;
  children: [value: string, text: string][];
}

/** A field to choose one of a few. */
export function Choice({ name, label, value, onChange, children: options }: Choosing) {
  return (
    <div class="field">
      <label for={`choose-${name}`}>{label}</label>
      <select id={`choose-${name}`} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
