/** A node of a bundled contract, or what its `$ref` leads to. */
export function resolved(contract, node) {
  if (typeof node?.$ref !== 'string') return node;
  const steps = node.$ref.slice(2).split('/');
  const target = steps.reduce((at, step) => at[step.replaceAll('~1', '/').replaceAll('~0', '~')], contract);
  return resolved(contract, target);
}
