import { createHash } from 'node:crypto';
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { hashPassword } from '../../src/core/credentials/password_hash.ts';
import { makeHouse } from '../../src/core/house.ts';
import { openInstallation } from '../../src/core/installation/index.ts';
import { connect } from '../../src/database/database.ts';
import { surface as mage } from '../../src/handlers/mage/index.ts';
import { surface as functions } from '../../src/handlers/magpipe/index.ts';
import { surface as auth } from '../../src/handlers/magpipe_auth/index.ts';
import { contractChecker } from './contract.ts';
import { applicationKey, hangUp, listening, openHouse, type TestHouse } from './house.ts';
import type { Body } from './mage.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  // What is no JSON is undefined.
  body: Body;
}

export interface Sent {
  headers?: OutgoingHttpHeaders;
  /** Sent as it stands where it is text, else as JSON. */
  body?: unknown;
}

/** A user with a password and one membership. */
export interface Person {
  id: number;
  uuid: string;
  accountId: number;
  email: string;
}

/** The two Magpipe surfaces to talk to, over a real socket. */
export interface Magpipe extends TestHouse {
  /** Sends one request; every answer of a surface is held against its contract. */
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
  /** `manage-api-keys`, with this in `Authorization` after the word Bearer; undefined sends no such header. */
  manage(credential: string | undefined, body?: unknown): Promise<Answer>;
  /** `/auth/v1/token` with the application key. */
  token(grant: string, body?: unknown, headers?: OutgoingHttpHeaders): Promise<Answer>;
  /** Signs in with the password that all persons have. */
  signIn(person: Person): Promise<Body>;
  /** A new user, an owner of the first account unless told otherwise. */
  person(its?: { accountId?: number; roleIds?: number[] }): Promise<Person>;
  /** A new account of the installation. */
  account(): Promise<number>;
  /** An active key of a person, written into the table. */
  key(person: Person, columns?: object, key?: string): Promise<string>;
  /** Every statement that `work` caused, but for those of the rate limits, and the counts that are written every five seconds. */
  statements(work: () => Promise<unknown>): Promise<string[]>;
  /** Another process on the same database, with memory and connections of its own; closed with this one. */
  twin(changes?: Partial<Config>): Promise<Magpipe>;
}

export const password = 'Water lightning 1';
const hashed = hashPassword(password);

export const unauthorized = { error: { code: 'unauthorized', message: 'Unauthorized' } };
export const route = '/functions/v1/manage-api-keys';

const surfaces = [functions, auth, mage].map(({ contract }) => ({
  base: contract.servers[0]?.url as string,
  check: contractChecker(contract),
}));

/** Without limits on requests and on bad credentials unless `env` sets them: tests make more than a hundred a minute. */
export async function openMagpipe(env: Record<string, string> = {}): Promise<Magpipe> {
  const none = ['LATCHKEY_REQUESTS_PER_MINUTE', 'LATCHKEY_REQUESTS_PER_HOUR', 'LATCHKEY_FAILURES_PER_MINUTE'];
  const unlimited = Object.fromEntries(none.map((name) => [name, '0']));
  return talk(await openHouse({ ...unlimited, ...env }));
}

let people = 0;

async function talk(opened: TestHouse): Promise<Magpipe> {
  const { house, server } = opened;
  const { db, installation } = house;
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  const twins: Magpipe[] = [];

  const send: Magpipe['send'] = async (method, path, { headers = {}, body } = {}) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await new Promise<Answer>((resolve, reject) => {
      const options = { port, method, path, agent, headers: { 'content-type': 'application/json', ...headers } };
      const sent = request(options, (response) => {
        let received = '';
        response.setEncoding('utf8').on('data', (chunk) => (received += chunk));
        response.on('end', () => {
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers: headers as Answer['headers'], text: received, body: read(received) });
        });
      });
      sent.on('error', reject).end(text);
    });
    const surface = surfaces.find(({ base }) => path.startsWith(`${base}/`));
    const type = String(answer.headers['content-type']).split(';')[0] as string;
    const { status } = answer;
    const complaint = surface?.check(method, path.slice(surface.base.length), { status, type, body: answer.body });
    expect(status === 431 ? undefined : complaint).toBeUndefined();
    return answer;
  };

  const magpipe: Magpipe = {
    ...opened,
    send,
    manage: (credential, body) =>
      send('POST', route, { body, headers: credential === undefined ? {} : { authorization: `Bearer ${credential}` } }),
    token: (grant, body, headers) =>
      send('POST', `/auth/v1/token?grant_type=${grant}`, { body, headers: { apikey: applicationKey, ...headers } }),

    async signIn({ email }) {
      const { status, body } = await magpipe.token('password', { email, password });
      expect([status, body.token_type]).toEqual([200, 'bearer']);
      return body;
    },

    async person({ accountId = installation.accountId, roleIds = [1] } = {}) {
      people += 1;
      const row = { email: `person${people}@magpipe.test`, password_hash: await hashed };
      const [user] = await db('users').insert(row).returning(['id', 'uuid', 'email']);
      const { id, uuid, email } = user as Person;
      await db('memberships').insert({ account_id: accountId, user_id: id, role_ids: roleIds });
      return { id, uuid, email, accountId };
    },

    async account() {
      const [row] = await db('accounts').insert({ name: 'another' }).returning('id');
      return row?.id as number;
    },

    async key({ id, accountId }, columns = {}, key = makeKey()) {
      const row = { hash: digest(key), prefix: key.slice(0, 8), name: 'written', user_id: id, account_id: accountId };
      await db('api_keys').insert({ ...row, checksummed: true, ...columns });
      return key;
    },

    async statements(work) {
      // What was noted before is not of this work.
      await Promise.all([house.usedKeys.flush(), house.usedSessions.flush()]);
      const seen: string[] = [];
      const see = ({ sql }: { sql: string }) => void (/usage_counts/.test(sql) || seen.push(sql));
      db.on('query', see);
      await work().finally(() => db.removeListener('query', see));
      return seen;
    },

    async twin(changes = {}) {
      const { connectionString: url } = db.client.config.connection as { connectionString: string };
      const own = connect(url);
      const config = { ...house.config, ...changes };
      const other = makeHouse(
        { config, db: own, log: house.log, installation: await openInstallation(own, config) },
        true,
      );
      await other.exact.join(url);
      const app = await createApp(other);
      const server = await listening(app);
      const closeOther = async () => {
        hangUp(server);
        await other.exact.close();
        await other.usedKeys.close();
        await other.usedSessions.close();
        await other.usage.close();
        await own.destroy();
      };
      const made = await talk({ house: other, app, server, log: opened.log, close: closeOther });
      twins.push(made);
      return made;
    },

    async close() {
      for (const twin of twins) await twin.close();
      agent.destroy();
      await opened.close();
    },
  };
  return magpipe;
}

function read(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A key of our own form that nobody has: its checksum holds. */
export const unknownKey = makeKey;

/** A key of our own form whose checksum does not hold, as seeded ones from elsewhere may be. */
export function uncheckedKey(): string {
  const key = makeKey();
  return key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');
}

/** Other written forms of a key. */
export const otherForms = (seed: string): [string, string] => {
  const letters = createHash('sha256').update(seed).digest('hex');
  return [`pipeline_sk_${letters.slice(0, 32)}`, letters.slice(0, 40)];
};
