import type { House } from '../../../src/core/house.ts';
import { bytes, put } from './rows.ts';

/** The identifier that stands in the paths of the examples, whatever it is of. */
const one = '7f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10';
const outer = '550e8400-e29b-41d4-a716-446655440000';
const entry = '19ed09f0-a791-42a5-841f-c44faad2ef8b';
const ids = {
  chatbot: '5d8f0a2b-4c6e-4f1a-9b3d-7e8c6a5b4f21',
  inbox: '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a55',
  channel: '3f0b2c1e-6a57-4c1f-9d0e-2a7b9c4d5e6f',
  contact: '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a56',
  conversation: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
  message: '3f0e1c5e-6f35-4a79-8a0e-6e0a7c1b2d34',
};
const made = '2024-10-06T12:57:22.000Z';
const then = { created_at: made, updated_at: made };
const engines = {
  embedding_model: '6d1f4f6e-1f0a-4c7e-9a51-0b6a3c7d2e10',
  reranker_model: '6d1f4f6e-1f0a-4c7e-9a51-0b6a3c7d2e11',
};

/** Which of the identifiers the path of an operation means. */
function named(id: string): typeof ids {
  const its = (form: RegExp, name: keyof typeof ids) => (form.test(id) ? { [name]: one } : {});
  return {
    ...ids,
    ...its(/^(get|replace|update|delete)Chatbot$|^createCompletion$/, 'chatbot'),
    ...its(/Inbox$/, 'inbox'),
    ...its(/^(get|replace|update)WebChat$/, 'channel'),
    ...its(/Contact|Latest|broadcast/, 'contact'),
    ...its(/^(get|update|cancel|list|create)(Conversations?|AutoReply|EnableGroupMention|Answers)$/, 'conversation'),
    ...its(/Message/, 'conversation'),
    ...its(/^(get|rate)Message$/, 'message'),
    ...(id === 'createConversation' ? { channel: outer } : {}),
    ...(id === 'createConversationAttachment' ? { conversation: outer } : {}),
  };
}

/** Whether an operation is of what is said with chatbots. */
export const isOfChat = (id: string) =>
  /Chatbot|Faq|Contact|Latest|broadcast|Inbox|WebChat|Webhook|Conversation|AutoReply|GroupMention|Answers|Message|Completion/.test(
    id,
  ) && !/KnowledgeBase/.test(id);

/** What the examples of chatbots, conversations and their questions are about. */
export async function putMaiagentChat({ db, installation, models }: House, id: string): Promise<void> {
  const account_id = installation.accountId;
  const its = named(id);
  const [model] = models.of('chat');
  const isSupport = /Inbox|WebChat|WebhookRecords|Contact|Latest/.test(id);
  const name = isSupport ? 'Support' : 'Shop';
  await put(db, 'knowledge_bases', { id: outer, account_id, name: 'Handbooks', ...engines, ...then });
  if (id === 'createChatbot') return;
  const rag = '66261b7a-bd3f-4214-9c48-364c2e122b0f';
  const asked = { instructions: 'Answer in one sentence.', large_language_model: model?.id, rag };
  await put(db, 'chatbots', { id: its.chatbot, account_id, name, speaker: 7, ...asked, ...then });
  await put(db, 'chatbot_knowledge_bases', { chatbot_id: its.chatbot, knowledge_base_id: outer });
  await putQuestions(db, account_id, its.chatbot, id);
  if (id === 'listWebhookRecords')
    await put(db, 'answer_deliveries', {
      ...{ id: '6fa459ea-ee8a-4ca4-894e-db77e160355e', message_id: ids.message, chatbot_id: its.chatbot, attempt: 1 },
      ...{ url: 'https://hooks.example.com/answers', body: JSON.stringify({ type: 'outgoing', content: 'Hello' }) },
      ...{ status: 200, answer: '', created_at: made },
    });
  const looks = /WebChat/.test(id) ? { looks: { theme: { primaryColor: '#336699' } } } : {};
  const door = { channel_id: its.channel, access_type: /Chatbot$/.test(id) ? 'api' : 'web' };
  const inbox = { id: its.inbox, account_id, chatbot_id: its.chatbot, name, ...door };
  if (!/^create(Inbox|WebChat)$/.test(id)) await put(db, 'inboxes', { ...inbox, ...looks, ...then });
  if (/^create(Inbox|WebChat|Contact)$|InboxWithout/.test(id)) return;
  // Programs reach the chatbot by another one.
  if (id === 'deleteInbox')
    await put(db, 'inboxes', { ...inbox, id: ids.inbox, channel_id: ids.message, access_type: 'api', ...then });
  await putConversation(db, account_id, its, id);
}

async function putQuestions(db: House['db'], account_id: number, chatbot: string, id: string): Promise<void> {
  if (!/Faq/.test(id) || /KnowledgeBase/.test(id)) return;
  const base = '7f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e99';
  await put(db, 'knowledge_bases', { id: base, account_id, name: 'Questions', faqs_of: chatbot, ...engines, ...then });
  await put(db, 'chatbot_knowledge_bases', { chatbot_id: chatbot, knowledge_base_id: base });
  if (/^create/.test(id)) return;
  const said = { question: 'When does it open?', answer: 'It opens at nine.' };
  await put(db, 'knowledge_base_faqs', { id: one, knowledge_base_id: base, ...said, ...then });
}

async function putConversation(db: House['db'], account_id: number, its: typeof ids, id: string): Promise<void> {
  const isKnown = /Contact|Latest|broadcast/.test(id);
  const who = isKnown
    ? { name: 'Ada', email: 'ada@example.com', source_id: 'U4af4980629' }
    : { name: 'Anonymous', anonymous: true };
  await put(db, 'contacts', { id: its.contact, account_id, speaker: 8, ...who, ...then });
  if (isKnown)
    await put(db, 'contact_inboxes', { contact_id: its.contact, inbox_id: its.inbox, source_id: 'U4af4980629' });
  if (id === 'createConversation') return;
  const title = isKnown ? 'Hello' : '';
  const talk = { chatbot_id: its.chatbot, inbox_id: its.inbox, contact_id: its.contact };
  await put(db, 'conversations', { id: its.conversation, account_id, ...talk, title, created_at: made });
  if (!/Message/.test(id) && id !== 'cancelAnswers') return;
  if (/^create/.test(id)) return;
  const asks = id === 'cancelAnswers';
  const said = asks
    ? { type: 'incoming', content: 'What does a child pay?', state: 'waiting' }
    : { type: 'outgoing', content: 'A child pays half.' };
  await put(db, 'messages', { public_id: its.message, conversation_id: its.conversation, ...said, created_at: made });
}

/** What is found in a knowledge base: the entry of a file, with what was read of it. */
export async function putReadFile({ db }: House, account_id: number, base: string, id: string): Promise<void> {
  const file_id = '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a57';
  const file = { name: 'fares.pdf', media_type: 'application/pdf', size: bytes.size, sha256: bytes.sha256 };
  await put(db, 'files', { id: file_id, account_id, user_id: 1, ...file, ...then });
  const its = /^(get|replace|delete)Document$/.test(id) ? one : entry;
  await put(db, 'knowledge_base_files', {
    ...{ id: its, knowledge_base_id: base, file_id, filename: 'fares.pdf', status: 'done', pages: 3, pages_read: 3 },
    ...{ raw_user_define_metadata: { department: 'sales' }, ...then },
  });
  await db.raw(
    `insert into text_nodes (id, account_id, knowledge_base_id, knowledge_base_file_id, page, heading, text, language, search, hits_count,
       created_at, updated_at)
     values ('2f1d9d6e-7f5c-4f6e-8a7f-0a5a4a3b2c1d', ?, ?, ?, 3, 'Fares › Children', 'Children ride for half the fare.', 'english',
       to_tsvector('english', 'Fares Children ride for half the fare.'), 4, ?, ?)`,
    [account_id, base, its, made, made],
  );
}
