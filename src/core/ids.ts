/** An id as Mystic writes it: a kind, `_` and 32 lower-case hex digits (docs/compat/mystic.md: Ids). */
export function idOf(kind: string, uuid: string): string {
  return `${kind}_${uuid.replaceAll('-', '')}`;
}

/** The uuid in such an id; undefined for any other text. */
export function uuidOf(kind: string, id: string): string | undefined {
  const digits = id.startsWith(`${kind}_`) ? id.slice(kind.length + 1) : '';
  if (!/^[\da-f]{32}$/.test(digits)) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
