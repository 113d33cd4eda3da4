import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { type Chat, hi, openChat } from '../support/chat.ts';
import { type Answering, says } from '../support/upstream.ts';

let chat: Chat;
beforeAll(async () => {
  chat = await openChat();
});
afterAll(() => chat.close());
beforeEach(() => {
  chat.upstream.does();
  chat.upstream.asked.length = 0;
  chat.upstream.left = 0;
});

/** Has nobody write down what is said, though all can read, until what it gives is called. */
async function nobodyWrites(): Promise<() => Promise<void>> {
  const end = new EventEmitter();
  const lock = new EventEmitter();
  const over = chat.house.db.transaction(async (db) => {
    await db.raw('lock table messages in exclusive mode');
    lock.emit('held');
    await once(end, 'now');
  });
  await once(lock, 'held');
  return () => {
    end.emit('now');
    return over;
  };
}

/** The backends that wait to write down what is said. */
const writers = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into messages%'`;
const silence: Answering = () => {};

it.each([true, false])(
  'a model is asked while the question is being written, and nothing of its answer is told before; in pieces: %s',
  async (isStreaming) => {
    const letWrite = await nobodyWrites();
    const said = new Promise<void>((resolve) => {
      chat.upstream.does((response, asked) => {
        response.once('finish', resolve);
        return says('early')(response, asked);
      });
    });
    let isTold = false;
    const told = chat.open(hi, isStreaming ? {} : { body: JSON.stringify(hi) }).then((response) => {
      isTold = true;
      return response.text();
    });
    await said;
    // What has been said is read before what comes after it.
    for (let times = 0; times < 5; times += 1) await chat.ask('viewer', 'GET', '/chatbots/');
    expect(isTold).toBe(false);
    await letWrite();
    expect(await told).toContain('early');
    const [newest] = await chat.house.db('messages').where('type', 'incoming').orderBy('id', 'desc').limit(1);
    expect(newest).toMatchObject({ content: 'hi', state: 'done' });
  },
);

it('a question that cannot be written down is refused at once, and the model is left', async () => {
  const before = await chat.count('messages');
  const letWrite = await nobodyWrites();
  chat.upstream.does(silence);
  const answered = chat.open(hi);
  await vi.waitFor(async () => expect((await chat.house.db.raw(writers)).rows).toHaveLength(1));
  await vi.waitFor(() => expect(chat.upstream.asked).toHaveLength(1));
  await chat.house.db.raw(`select pg_terminate_backend(pid) from (${writers}) writing`);
  const response = await answered;
  expect([response.status, await response.json()]).toEqual([503, { detail: expect.any(String) }]);
  await vi.waitFor(() => expect(chat.upstream.left).toBe(1));
  await letWrite();
  expect(await chat.count('messages')).toBe(before);
  // What comes next has its answer.
  chat.upstream.does();
  expect((await chat.complete(hi))[0]).toBe(200);
});
