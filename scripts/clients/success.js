/** What is answered without the alternatives that are refusals: those are errors of the clients. */
export function successOf(types, schema) {
  const choices = types.alternatives(types.followed(schema).schema);
  if (!choices) return schema;
  const good = choices.filter((one) => !/Failure$/.test(types.followed(one).name ?? one.$ref ?? ''));
  if (good.length === 0) return {};
  return good.length === 1 ? good[0] : { oneOf: good };
}
