import type { ComponentChildren } from 'preact';

/** What is known of one thing, each beside its name; what there is nothing of is left out. */
export function Facts({ of: facts }: { of: Record<string, ComponentChildren> }) {
  return (
    <dl class="facts">
      {Object.entries(facts)
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
