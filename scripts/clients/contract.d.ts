// biome-ignore lint/suspicious/noExplicitAny: a contract is walked freely
export function resolved(contract: any, node: any): any;
