import type { Surface } from './surface.ts';

/** What a surface says on every answer: its own headers, and where its contract is (RFC 8631). */
export function saidBy({ name, envelope }: Pick<Surface, 'name' | 'envelope'>): Record<string, string> {
  const described = name && { Link: `</docs/openapi/${name}.json>; rel="service-desc"` };
  return { ...envelope.headers, ...described };
}
