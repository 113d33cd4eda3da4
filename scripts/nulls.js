const methods = ['get', 'put', 'post', 'delete', 'patch'];

/**
 * Where a contract says `x-null-is-absent` beside its paths, what may be left out of a JSON body may be null as well: said
 * once there, and spelled out here for whoever reads the bundle. Changes the bundle in place.
 */
export function spellNulls(contract) {
  if (!contract['x-null-is-absent']) return contract;
  const resolve = (node) => {
    if (typeof node?.$ref !== 'string') return node;
    const steps = node.$ref.slice(2).split('/');
    const target = steps.reduce((at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], contract);
    return resolve({ ...target, ...(node.description && { description: node.description }) });
  };
  const seen = new Set();
  for (const item of Object.values(contract.paths)) {
    for (const method of methods) {
      const reference = item[method]?.requestBody?.content?.['application/json']?.schema;
      const schema = schemaAt(contract, reference);
      if (!schema?.properties || seen.has(schema)) continue;
      seen.add(schema);
      for (const [name, node] of Object.entries(schema.properties)) {
        const inner = resolve(node);
        if (!schema.required?.includes(name)) schema.properties[name] = orNull(inner);
      }
    }
  }
  return contract;
}

/** A schema that takes null as well. One without a type takes everything already. */
function orNull(schema) {
  if (schema.oneOf) return { ...schema, oneOf: [...schema.oneOf, { type: 'null' }] };
  if (typeof schema.type !== 'string') return schema;
  return { ...schema, type: [schema.type, 'null'], ...(schema.enum && { enum: [...schema.enum, null] }) };
}

/** The schema itself, where the contract has it: not a copy. */
function schemaAt(contract, node) {
  if (typeof node?.$ref !== 'string') return node;
  const steps = node.$ref.slice(2).split('/');
  return schemaAt(
    contract,
    steps.reduce((at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], contract),
  );
}
