import type { Contract, Node, Operation } from './contract.ts';

/**
 * A copy of a contract that has one operation, and of the rest what that refers to, wherever it does: what reads a whole contract reads this
 * one in a hundredth of the time.
 */
export function loneOperation(contract: Contract, { path, method }: Operation, isAnswered: boolean): Contract {
  const { openapi, info, security, components: all = {} } = contract;
  const { parameters, [method.toLowerCase()]: found } = contract.paths[path] as Node;
  const { responses, ...asked } = found as Node;
  const none = { default: { description: 'Whatever it is.' } };
  const item = {
    ...(parameters !== undefined && { parameters }),
    [method.toLowerCase()]: { ...asked, responses: isAnswered ? responses : none },
  };
  const components: Record<string, Node> = { ...(all.securitySchemes && { securitySchemes: all.securitySchemes }) };
  const keep = (kind: string, name: string) => {
    components[kind] ??= {};
    if (name in components[kind]) return;
    components[kind][name] = all[kind]?.[name];
    visit(components[kind][name]);
  };
  const visit = (node: unknown): void => {
    // A discriminator names schemas without a `$ref`.
    const [, kind, name] = (typeof node === 'string' && /^#\/components\/([^/]+)\/([^/]+)/.exec(node)) || [];
    if (kind && name) keep(kind, name.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (node && typeof node === 'object') Object.values(node).forEach(visit);
  };
  visit(item);
  const lone = {
    openapi,
    info,
    servers: [{ url: '/' }],
    paths: { [path]: item },
    components,
    ...(security && { security }),
  };
  return structuredClone(lone);
}
