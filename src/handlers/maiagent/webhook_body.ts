import { type Node, operationOf } from '../../contract/contract.ts';
import { writeJson } from '../../contract/json.ts';
import type { Call, Context } from '../../core/context.ts';
import { show } from '../../core/endpoint.ts';
import { messages } from '../../core/messages/index.ts';
import type { MessageRow } from '../../core/messages/message_row.ts';
import type { WriteAnswer } from '../../core/webhooks/send_answer.ts';
import { shownMessages } from './conversations.ts';
import { outsideOf } from './envelope.ts';
import { contract } from './published_contract.ts';

const nothing: Call = { query: {}, body: {}, page: { offset: 0, order: [] } };
const schema = operationOf(contract, 'getMessage').answer as Node;
const outside = outsideOf(contract, schema);

/**
 * Writes messages down as those who are told of them read them: as `GET /messages/{id}/` has them, and two names in snake_case
 * besides, as the vendor's pages have them (docs/compat/maiagent.md: Webhooks).
 * @param origin this server, as addresses of files begin
 */
export function answerBodies(origin: string): WriteAnswer {
  return async (house, id) => {
    const { db } = house;
    const row = await db('messages')
      .join('conversations', 'conversations.id', 'messages.conversation_id')
      .where('messages.public_id', id)
      .first('messages.*', 'conversations.account_id as account');
    if (!row) return undefined;
    const { account, ...message } = row as MessageRow & { account: number };
    const context: Context = {
      ...{ house, db, principal: { kind: 'open', accountId: account } },
      asker: { address: '', requestId: id, origin },
    };
    const [shown] = shownMessages(context, await show(messages, 'detail', context, [message], nothing));
    const body = outside(shown) as Record<string, unknown>;
    return writeJson({ ...body, conversation_id: body.conversation, created_at: body.createdAt });
  };
}
