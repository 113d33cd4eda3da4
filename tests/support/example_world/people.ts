import type { Knex } from 'knex';
import { put, times } from './rows.ts';

export const ownerUuid = '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11';
export const ada = { id: 5, uuid: '2b4c6d8e-0f1a-4b3c-9d5e-7f8a9b0c1d2e' };
export const arwen = { id: 2, uuid: '9e7d1c3a-4b5f-4a6d-8c7e-1f2a3b4c5d6e' };

/** The owner, and the two editors that the examples name. `hashes` are those of the passwords of owner and editors. */
export async function putPeople(db: Knex, accountId: number, hashes: { owner: string; editor: string }): Promise<void> {
  await db('users')
    .where({ id: 1 })
    .update({ uuid: ownerUuid, username: 'owner', email: 'owner@localhost', password_hash: hashes.owner });
  const people = [
    { ...ada, email: 'ada@example.com', username: 'ada', first_name: 'Ada', last_name: null },
    { ...arwen, email: 'arwen@example.com', username: 'arwen', first_name: 'Arwen', last_name: null },
  ];
  for (const person of people) {
    await put(db, 'users', { ...person, ...times, password_hash: hashes.editor });
    await put(db, 'memberships', {
      account_id: accountId,
      user_id: person.id,
      role_ids: [3],
      created_at: times.created_at,
    });
  }
}
