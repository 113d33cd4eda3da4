import { Refusal, type RunValue } from './api.ts';

const typeOf = (value: unknown): RunValue['type'] => {
  if (value === null) return 'none';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fp';
  if (typeof value === 'object') return 'dictionary';
  return typeof value === 'boolean' ? 'boolean' : 'string';
};

/** The inputs that a JSON array stands for. Throws `Refusal`. */
export function inputsOf(text: string): RunValue[] {
  let read: unknown;
  try {
    read = JSON.parse(text.trim() || '[]');
  } catch (thrown) {
    const { message } = thrown as Error;
    throw new Refusal(400, `The inputs are no JSON: ${message}`);
  }
  if (!Array.isArray(read)) throw new Refusal(400, 'The inputs are an array: put [ and ] around them.');
  return read.map((value) => ({ type: typeOf(value), value }));
}

/** What went into a run, or came out of it. */
export function Values({ of: values, none }: { of: RunValue[]; none: string }) {
  if (values.length === 0) return <p class="empty muted">{none}</p>;
  return (
    <ol class="values">
      {values.map((value, at) => (
        <li key={at}>
          <span class="muted small">{value.type}</span>
          <Shown of={value} />
        </li>
      ))}
    </ol>
  );
}

function Shown({ of: { type, value, file } }: { of: RunValue }) {
  if (type === 'file') {
    const name = file?.name ?? file?.path ?? 'a file';
    // Only a file of this server is opened from here.
    const isOurs = file?.url && new URL(file.url, location.origin).origin === location.origin;
    return isOurs ? <a href={file.url ?? ''}>{name}</a> : <span>{name}</span>;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
    <pre tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value ?? null, undefined, 2)}</pre>
  );
}
