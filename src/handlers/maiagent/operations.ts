import type { operations } from '../../../generated/maiagent.ts';
import { chatbotFaqs, deleteChatbotFaqs } from '../../core/chatbots/chatbot_faqs.ts';
import { chatbots, listedChatbots } from '../../core/chatbots/index.ts';
import { contacts } from '../../core/contacts/index.ts';
import { inboxes } from '../../core/inboxes/index.ts';
import { webChats } from '../../core/inboxes/web_chats.ts';
import { faqs } from '../../core/knowledge_bases/faqs.ts';
import { knowledgeBases } from '../../core/knowledge_bases/index.ts';
import { labels } from '../../core/knowledge_bases/labels.ts';
import { groupMembers, groups } from '../../core/organizations/groups.ts';
import { organizations } from '../../core/organizations/index.ts';
import { peopleOfOrganization } from '../../core/organizations/people.ts';
import { permissions } from '../../core/organizations/permissions.ts';
import { pipelinesById } from '../../core/pipelines/by_id.ts';
import { documents } from '../../core/text_nodes/documents.ts';
import { textNodes } from '../../core/text_nodes/index.ts';
import { currentUser, renameUser } from '../../core/users/current.ts';
import { answerDeliveries } from '../../core/webhooks/answer_deliveries.ts';
import { permitting } from '../permitting.ts';
import { attachments } from './attachments.ts';
import { login, logout, refreshToken, verifyToken } from './auth.ts';
import { createCompletion } from './completions.ts';
import { broadcastMessage, getLatestConversation, listContactConversations, listWebChats } from './contacts.ts';
import { cancelAnswersOf, listConversations, listMessages, saying, talking } from './conversations.ts';
import { searchKnowledgeBase } from './knowledge_base_search.ts';
import {
  deleteKnowledgeBaseFaqs,
  deleteKnowledgeBaseFiles,
  files,
  registerKnowledgeBaseFiles,
  reparseKnowledgeBaseFiles,
} from './knowledge_bases.ts';
import { listModels } from './models.ts';
import { doing, listing, listingEitherWay } from './pages.ts';
import { listAllowedFileSpecs, listSupportedFileTypes, parsers } from './parser_lists.ts';
import { createPresignedUpload, downloadFile, uploadFile } from './prepared_uploads.ts';
import { getSchema } from './published_contract.ts';
import type { MaiagentHandlers } from './types.ts';

/** The surface, on one screen: what each operation of the contract does. */
export const handlers = {
  login,
  logout,
  refreshToken,
  verifyToken,

  getCurrentUser: currentUser,
  replaceCurrentUser: renameUser,
  updateCurrentUser: renameUser,

  listPipelines: listing(pipelinesById),
  createPipeline: doing(pipelinesById, 'create'),
  getPipeline: doing(pipelinesById, 'detail'),
  replacePipeline: doing(pipelinesById, 'update'),
  updatePipeline: doing(pipelinesById, 'update'),
  deletePipeline: doing(pipelinesById, 'delete'),

  listAttachments: listing(attachments),
  createAttachment: doing(attachments, 'create'),
  uploadAttachment: doing(attachments, 'create'),
  createConversationAttachment: doing(attachments, 'create'),
  getAttachment: doing(attachments, 'detail'),
  replaceAttachment: doing(attachments, 'update'),
  updateAttachment: doing(attachments, 'update'),
  deleteAttachment: doing(attachments, 'delete'),

  createPresignedUpload,
  uploadFile,
  downloadFile,

  listKnowledgeBases: listing(knowledgeBases),
  createKnowledgeBase: doing(knowledgeBases, 'create'),
  getKnowledgeBase: doing(knowledgeBases, 'detail'),
  replaceKnowledgeBase: doing(knowledgeBases, 'update'),
  updateKnowledgeBase: doing(knowledgeBases, 'update'),
  deleteKnowledgeBase: doing(knowledgeBases, 'delete'),

  listKnowledgeBaseLabels: listing(labels),
  createKnowledgeBaseLabel: doing(labels, 'create'),
  getKnowledgeBaseLabel: doing(labels, 'detail'),
  replaceKnowledgeBaseLabel: doing(labels, 'update'),
  updateKnowledgeBaseLabel: doing(labels, 'update'),
  deleteKnowledgeBaseLabel: doing(labels, 'delete'),

  listKnowledgeBaseFiles: listing(files),
  registerKnowledgeBaseFiles,
  getKnowledgeBaseFile: doing(files, 'detail'),
  replaceKnowledgeBaseFile: doing(files, 'update'),
  updateKnowledgeBaseFile: doing(files, 'update'),
  updateKnowledgeBaseFileMetadata: doing(files, 'update'),
  deleteKnowledgeBaseFile: doing(files, 'delete'),
  deleteKnowledgeBaseFiles,
  reparseKnowledgeBaseFiles,

  searchKnowledgeBase,
  searchKnowledgeBaseWithin: searchKnowledgeBase,

  listKnowledgeBaseFaqs: listing(faqs),
  createKnowledgeBaseFaq: doing(faqs, 'create'),
  getKnowledgeBaseFaq: doing(faqs, 'detail'),
  replaceKnowledgeBaseFaq: doing(faqs, 'update'),
  updateKnowledgeBaseFaq: doing(faqs, 'update'),
  updateKnowledgeBaseFaqMetadata: doing(faqs, 'update'),
  deleteKnowledgeBaseFaq: doing(faqs, 'delete'),
  deleteKnowledgeBaseFaqs,

  listTextNodes: listing(textNodes),
  listAllTextNodes: listing(textNodes),
  listDocuments: listing(documents),
  getDocument: doing(documents, 'detail'),
  replaceDocument: doing(documents, 'update'),
  deleteDocument: doing(documents, 'delete'),

  listParsers: listing(parsers),
  getParser: doing(parsers, 'detail'),
  listSupportedFileTypes,
  listAllowedFileSpecs,

  listFaqs: listing(chatbotFaqs),
  createFaq: doing(chatbotFaqs, 'create'),
  getFaq: doing(chatbotFaqs, 'detail'),
  replaceFaq: doing(chatbotFaqs, 'update'),
  updateFaq: doing(chatbotFaqs, 'update'),
  deleteFaq: doing(chatbotFaqs, 'delete'),
  listChatbotFaqs: listing(chatbotFaqs),
  createChatbotFaq: doing(chatbotFaqs, 'create'),
  getChatbotFaq: doing(chatbotFaqs, 'detail'),
  replaceChatbotFaq: doing(chatbotFaqs, 'update'),
  updateChatbotFaq: doing(chatbotFaqs, 'update'),
  deleteChatbotFaq: doing(chatbotFaqs, 'delete'),
  deleteChatbotFaqs: permitting(chatbotFaqs, 'delete', deleteChatbotFaqs),

  listContacts: listingEitherWay(contacts),
  createContact: doing(contacts, 'create'),
  getContact: doing(contacts, 'detail'),
  replaceContact: doing(contacts, 'update'),
  updateContact: doing(contacts, 'update'),
  deleteContact: doing(contacts, 'delete'),
  broadcastMessage,
  listContactConversations,
  getLatestConversation,

  listInboxes: listing(inboxes),
  createInbox: doing(inboxes, 'create'),
  getInbox: doing(inboxes, 'detail'),
  replaceInbox: doing(inboxes, 'update'),
  updateInbox: doing(inboxes, 'update'),
  deleteInbox: doing(inboxes, 'delete'),
  listWebChats,
  createWebChat: doing(webChats, 'create'),
  getWebChat: doing(webChats, 'detail'),
  replaceWebChat: doing(webChats, 'update'),
  updateWebChat: doing(webChats, 'update'),
  listWebhookRecords: listing(answerDeliveries),

  listOrganizations: listing(organizations),
  getOrganization: doing(organizations, 'detail'),
  listOrganizationMembers: listing(peopleOfOrganization),
  getOrganizationMember: doing(peopleOfOrganization, 'detail'),
  listGroups: listing(groups),
  getGroup: doing(groups, 'detail'),
  listGroupMembers: listing(groupMembers),
  listPermissions: listing(permissions),

  listBuiltInWorkflows: async () => [],
  getSchema,
  listChatbots: listing(listedChatbots),
  createChatbot: doing(chatbots, 'create'),
  getChatbot: doing(chatbots, 'detail'),
  replaceChatbot: doing(chatbots, 'update'),
  updateChatbot: doing(chatbots, 'update'),
  deleteChatbot: doing(chatbots, 'delete'),
  createCompletion,

  listConversations,
  createConversation: talking('create'),
  getConversation: talking('detail'),
  updateAutoReply: talking('update'),
  updateEnableGroupMention: talking('update'),
  cancelAnswers: cancelAnswersOf,

  listMessages,
  createMessage: saying('create'),
  createOutgoingMessage: saying('create', 'outgoing'),
  getMessage: saying('detail'),
  rateMessage: saying('update'),

  listLargeLanguageModels: listModels('chat'),
  listEmbeddingModels: listModels('embedding'),
  listRerankerModels: listModels('rerank'),
} satisfies MaiagentHandlers<operations>;
