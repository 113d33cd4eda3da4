import { useId } from 'preact/hooks';

interface Props {
  label: string;
  value: string;
  onInput(value: string): void;
  hint?: string;
  isRequired?: boolean;
  maxLength?: number;
}

/** One line of text, with its name above. */
export function Field({ label, value, onInput, hint, isRequired, maxLength }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        value={value}
        required={isRequired}
        maxLength={maxLength}
        autoComplete="off"
        aria-describedby={hint && `${id}hint`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint && (
        <span id={`${id}hint`} class="muted small">
          {hint}
        </span>
      )}
    </div>
  );
}
