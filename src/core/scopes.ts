import { Failure } from '../contract/failure.ts';
import { atLeast, type Principal, type Role } from './principal.ts';

interface Scope {
  description: string;
  /** What comes with it. */
  includes?: readonly string[];
  /** The weakest role that may do anything of it; without one, whoever is a member. */
  role?: Role;
}

/** All that a key may be given, besides `*`, which is all that its user may do. The only list of them. */
export const scopes: Readonly<Record<string, Scope>> = {
  'pipelines:read': { description: 'See pipelines, their versions and triggers.', role: 'viewer' },
  'pipelines:write': {
    description: 'Make, change and delete pipelines, their versions and triggers.',
    includes: ['pipelines:read'],
    role: 'editor',
  },
  'runs:read': { description: 'See runs, their outputs and logs.', role: 'viewer' },
  'runs:create': { description: 'Run pipelines.', role: 'editor' },
  'runs:write': {
    description: 'Run pipelines, and cancel and delete runs.',
    includes: ['runs:read', 'runs:create'],
    role: 'editor',
  },
  'runs:execute': { description: 'Take runs from the queue and work on them.', role: 'editor' },
  'files:read': { description: 'See and download files and knowledge bases.', role: 'viewer' },
  'files:write': {
    description: 'Send, change and delete files and knowledge bases.',
    includes: ['files:read'],
    role: 'viewer',
  },
  'chatbots:read': { description: 'See chatbots, conversations and what was said.', role: 'viewer' },
  'chatbots:ask': { description: 'Ask chatbots, and say something in conversations.', role: 'editor' },
  'chatbots:write': {
    description: 'Make, change and delete chatbots, and ask them.',
    includes: ['chatbots:read', 'chatbots:ask'],
    role: 'editor',
  },
  'keys:read': { description: 'See keys, without their secrets.' },
  'keys:write': {
    description: 'Make, change, rotate and revoke keys, none of them stronger than the one that asks.',
    includes: ['keys:read'],
  },
  'keys:verify': { description: 'Ask whether a key is good.' },
  'webhooks:read': { description: 'See webhooks and what became of them.', role: 'admin' },
  'webhooks:write': { description: 'Make, change and delete webhooks.', includes: ['webhooks:read'], role: 'admin' },
  'usage:read': { description: 'See what was asked, and how often.', role: 'viewer' },
  'audit:read': { description: 'See what happened.', role: 'admin' },
  'members:read': { description: 'See the people of the account and their roles.', role: 'viewer' },
  'members:write': { description: 'Make, change and remove members.', includes: ['members:read'], role: 'admin' },
};

/** What an operation may ask for besides a scope: nothing, or a session, which no key stands for. */
export const otherNeeds = ['any', 'session'] as const;

/** All that these scopes permit, each by its name; `*` alone is itself. */
export function expanded(held: readonly string[]): string[] {
  if (held.includes('*')) return ['*'];
  return [...new Set(held.flatMap((scope) => [scope, ...(scopes[scope]?.includes ?? [])]))];
}

/** Whether whoever holds these scopes holds that one. */
export function covers(held: readonly string[], scope: string): boolean {
  return held.some((one) => one === '*' || one === scope || (scopes[one]?.includes ?? []).includes(scope));
}

/** What a caller may do at this moment, as scopes: those of the key, as far as its user's roles go. */
export function effective(principal: Principal): string[] {
  if (principal.kind !== 'user') return [];
  const held = principal.key ? expanded(principal.key.scopes) : ['*'];
  if (held.includes('*') && atLeast('owner', principal)) return ['*'];
  const all = held.includes('*') ? Object.keys(scopes) : held;
  return all.filter((name) => {
    const { role } = scopes[name] ?? { role: 'owner' as const };
    return role === undefined || atLeast(role, principal);
  });
}

/** Throws `forbidden` where an operation needs what the caller's key has not. Sessions have all that their user has. */
export function needScope(principal: Principal, scope: string): void {
  if (principal.kind !== 'user' || !principal.key || scope === 'any') return;
  if (scope === 'session') {
    throw new Failure('forbidden', 'This needs a session: sign in. An API key is not enough.');
  }
  if (!covers(principal.key.scopes, scope)) throw lacks(scope);
}

/** The `forbidden` that names a missing scope. */
export function lacks(scope: string): Failure {
  return new Failure('forbidden', `This key lacks the scope ${scope}.`, { reason: { scope } });
}

/** Throws `invalid` for what is no scope. */
export function checkScopes(given: readonly string[]): void {
  const unknown = given.find((scope) => scope !== '*' && !Object.hasOwn(scopes, scope));
  if (unknown === undefined) return;
  const sentence = `There is no scope ${JSON.stringify(unknown)}: GET /v1/scopes lists them.`;
  throw new Failure('invalid', sentence, { fields: { scopes: [sentence] } });
}
