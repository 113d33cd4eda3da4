/** Rows by the `owner` that each names, without it: a list for each id, in the order of the ids; of those that own nothing, an empty one. */
export function rowsPerOwner<Row extends object>(
  ids: readonly string[],
  rows: readonly (Row & { owner: string })[],
): Row[][] {
  const lists = new Map<string, Row[]>(ids.map((id) => [id, []]));
  for (const { owner, ...row } of rows) lists.get(owner)?.push(row as unknown as Row);
  return ids.map((id) => lists.get(id) ?? []);
}
