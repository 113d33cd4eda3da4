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
        // A choice of words is said back to whoever makes another one: null is no word.
        if (schema.required?.includes(name) || typeof inner.type !== 'string' || inner.enum) continue;
        schema.properties[name] = { ...inner, type: [inner.type, 'null'] };
      }
    }
  }
  return contract;
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
