import type { Action } from '../../src/core/context.ts';
import type { House } from '../../src/core/house.ts';
import { idOf, uuidOf } from '../../src/core/ids.ts';
import type { Body, Caller, Mage } from './mage.ts';
import type { Maiagent } from './maiagent.ts';
import type { Mystic } from './mystic.ts';

/** What came back of one action: the object, or the rows of the list; or why there is none, its code as an HTTP status. */
export interface Answer {
  object?: Body;
  rows?: Body[];
  error?: { code: number; sentence: string };
}

/** How a surface is spoken to: the same five actions, whatever it calls them. */
export interface Wire {
  house: House;
  /** What it answers to a caller without credentials, and to a body that its contract does not take. */
  codes: { anonymous: number; invalid: number };
  /** `path` is the member's, where the action has one. */
  ask(by: Caller, action: Action, path: string, attributes?: object): Promise<Answer>;
  /** A member's path. */
  member(path: string, id: string | number): string;
  /** What the wire calls the row of this key, and the other way round. */
  called(row: string | number): string | number;
  row(called: string | number): string | number;
}

const verbs = { list: 'GET', detail: 'GET', create: 'POST', delete: 'DELETE' } as const;

export const mageWire = (mage: Mage, { singular, plural }: { singular: string; plural: string }): Wire => ({
  house: mage.house,
  codes: { anonymous: 403, invalid: 400 },
  async ask(by, action, path, attributes) {
    const method = action === 'update' ? 'PUT' : verbs[action];
    const { body } = await mage.send(by, method, path, attributes && { body: { [singular]: attributes } });
    if (body.error) return { error: { code: body.error.code, sentence: body.error.message } };
    return action === 'list' ? { rows: body[plural] } : { object: body[singular] };
  },
  member: (path, id) => `${path}/${encodeURIComponent(id)}`,
  called: (row) => row,
  row: (called) => called,
});

export const maiagentWire = ({ house, send }: Maiagent): Wire => ({
  house,
  codes: { anonymous: 401, invalid: 400 },
  async ask(by, action, path, attributes) {
    const method = action === 'update' ? 'PATCH' : verbs[action];
    const { status, body } = await send(by, method, path, attributes && { body: attributes });
    if (status >= 400) return { error: { code: status, sentence: body.detail ?? JSON.stringify(body) } };
    return action === 'list' ? { rows: body.results } : { object: body };
  },
  member: (path, id) => `${path}${encodeURIComponent(id)}/`,
  called: (row) => row,
  row: (called) => called,
});

export const mysticWire = ({ house, send }: Mystic, { kind }: { kind: string }): Wire => ({
  house,
  codes: { anonymous: 401, invalid: 422 },
  async ask(by, action, path, attributes) {
    const method = action === 'update' ? 'PATCH' : verbs[action];
    const { status, body } = await send(by, method, path, attributes);
    if (status >= 400) return { error: { code: status, sentence: body.detail.message ?? JSON.stringify(body.detail) } };
    return action === 'list' ? { rows: body.data } : { object: body };
  },
  member: (path, id) => `${path}/${encodeURIComponent(id)}`,
  // `sword_` and the digits of its UUID.
  called: (row) => idOf(kind, String(row)),
  row: (called) => uuidOf(kind, String(called)) ?? called,
});
