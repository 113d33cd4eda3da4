import { randomUUID } from 'node:crypto';
import request, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { operations as LatchkeyOperations } from '../../generated/latchkey.ts';
import type { operations as MageOperations } from '../../generated/mage.ts';
import type { operations as AuthOperations } from '../../generated/magpipe_auth.ts';
import type { operations as MaiagentOperations } from '../../generated/maiagent.ts';
import type { operations as MysticOperations } from '../../generated/mystic.ts';
import type { operations as MysticV3Operations } from '../../generated/mystic_v3.ts';
import { type Operation, operationsOf } from '../../src/contract/contract.ts';
import { makeKey } from '../../src/core/api_keys/form.ts';
import { digest } from '../../src/core/credentials/digest.ts';
import { mintToken } from '../../src/core/credentials/oauth_token.ts';
import { hashPassword } from '../../src/core/credentials/password_hash.ts';
import { parsers } from '../../src/core/knowledge_bases/parsers.ts';
import { makeLink } from '../../src/core/one_time_links/one_time_link.ts';
import { uuidOfName } from '../../src/core/organizations/name_uuid.ts';
import { anonymous } from '../../src/core/principal.ts';
import { openSession } from '../../src/core/sign_in/session.ts';
import { surface as latchkey } from '../../src/handlers/latchkey/index.ts';
import { surface as mageSurface } from '../../src/handlers/mage/index.ts';
import { surface as magpipe } from '../../src/handlers/magpipe/index.ts';
import { surface as magpipeAuth } from '../../src/handlers/magpipe_auth/index.ts';
import { surface as maiagent } from '../../src/handlers/maiagent/index.ts';
import { surface as mystic } from '../../src/handlers/mystic/index.ts';
import { surface as mysticV3 } from '../../src/handlers/mystic_v3/index.ts';
import { contractChecker } from '../support/contract.ts';
import { applicationKey } from '../support/house.ts';
import { type Caller, callers, type Mage, openMage, openNeighbour } from '../support/mage.ts';
import { recorded } from '../support/recorded.ts';
import { watchAccess } from '../support/watch.ts';

type Table<Row extends string> = Record<Row, string>;

/** `manage-api-keys` is four operations on one route: each of its actions has a row. */
const actions = ['generate', 'list', 'update', 'revoke'] as const;
type KeyAction = (typeof actions)[number];

/**
 * Who may do what. A plain user is looked at, changed and deleted by the others; the key that is updated and revoked is
 * the viewer's; the neighbour is an owner of another account, asking for what is ours.
 *
 * ok: done. in: only for those who are signed in. out: only for those who are not. rol: a user without any role is told
 * so. no: the role is too weak. off: nobody may. 404: it is not there. par: a pipeline is missing in the path. Other
 * numbers are what is answered past the door: 415 for a file that came as JSON, 503 where nobody is there to do it.
 */
const matrix: {
  mage: Table<keyof MageOperations>;
  magpipe: Table<KeyAction>;
  magpipe_auth: Table<keyof AuthOperations>;
  maiagent: Table<keyof MaiagentOperations>;
  mystic: Table<keyof MysticOperations>;
  mystic_v3: Table<keyof MysticV3Operations>;
  latchkey: Table<keyof LatchkeyOperations>;
} = {
  latchkey: {
    //                          anonymous roleless viewer editor admin owner neighbour
    createSession: '            ok        ok       ok     ok     ok    ok    ok',
    refreshSession: '           in        in       in     in     in    in    in',
    authorizeDevice: '          ok        ok       ok     ok     ok    ok    ok',
    pollDevice: '               400       400      400    400    400   400   400',
    inspectDevice: '            in        404      404    404    404   404   404',
    allowDevice: '              in        404      404    404    404   404   404',
    refuseDevice: '             in        404      404    404    404   404   404',
    listSessions: '             in        ok       ok     ok     ok    ok    ok',
    endSession: '               in        ok       ok     ok     ok    ok    ok',
    endOtherSessions: '         in        ok       ok     ok     ok    ok    ok',
    reauthenticate: '           in        400      400    400    400   400   400',
    getMe: '                    in        ok       ok     ok     ok    ok    ok',
    updateMe: '                 in        ok       ok     ok     ok    ok    ok',
    changePassword: '           in        400      400    400    400   400   400',
    requestPasswordReset: '     ok        ok       ok     ok     ok    ok    ok',
    inspectLink: '              404       404      404    404    404   404   404',
    redeemLink: '               404       404      404    404    404   404   404',

    listInvitations: '          in        no       no     no     ok    ok    ok',
    inviteMember: '             in        no       no     no     ok    ok    ok',
    endInvitation: '            in        no       no     no     ok    ok    404',
    listMembers: '              in        no       ok     ok     ok    ok    ok',
    getMember: '                in        no       ok     ok     ok    ok    404',
    updateMember: '             in        no       no     no     ok    ok    404',
    removeMember: '             in        no       no     no     ok    ok    404',
    resetMemberPassword: '      in        no       no     no     ok    ok    404',
    listRoles: '                in        ok       ok     ok     ok    ok    ok',

    listKeys: '                 in        ok       ok     ok     ok    ok    ok',
    createKey: '                in        ok       ok     ok     ok    ok    ok',
    getKey: '                   in        404      ok     404    ok    ok    404',
    updateKey: '                in        404      ok     404    ok    ok    404',
    revokeKey: '                in        404      ok     404    ok    ok    404',
    rotateKey: '                in        404      ok     404    no    no    404',
    importKeys: '               in        no       no     no     ok    ok    400',
    reportLeakedKey: '          ok        ok       ok     ok     ok    ok    ok',
    reportSecretsFound: '       in        in       in     in     in    in    in',
    listScopes: '               in        ok       ok     ok     ok    ok    ok',

    verifyKey: '                in        ok       ok     ok     ok    ok    ok',
    introspectToken: '          in        ok       ok     ok     ok    ok    ok',
    forwardAuth: '              in        ok       ok     ok     ok    ok    ok',

    listPipelines: '            in        no       ok     ok     ok    ok    ok',
    createPipeline: '           in        no       no     ok     ok    ok    ok',
    getPipeline: '              in        no       ok     ok     ok    ok    404',
    updatePipeline: '           in        no       no     ok     ok    ok    404',
    deletePipeline: '           in        no       no     ok     ok    ok    404',
    getPipelineContainer: '     in        no       no     no     no    ok    404',
    setPipelineContainer: '     in        no       no     no     no    ok    404',
    getPipelineRelations: '     in        no       ok     ok     ok    ok    404',

    createRun: '                in        no       no     409    409   409   404',
    listRuns: '                 in        no       ok     ok     ok    ok    ok',
    listTriggeredRuns: '        in        no       ok     ok     ok    ok    ok',
    getRun: '                   in        no       ok     ok     ok    ok    404',
    cancelRun: '                in        no       no     409    409   409   404',
    deleteRun: '                in        no       no     ok     ok    ok    404',
    getRunOutput: '             in        no       ok     ok     ok    ok    404',
    followRunLog: '             in        no       ok     ok     ok    ok    404',

    takeRun: '                  in        no       no     ok     ok    ok    ok',
    renewRun: '                 in        no       no     409    409   409   404',
    reportRun: '                in        no       no     409    409   409   404',
    readBlockOutputs: '         in        no       no     409    409   409   404',
    finishRun: '                in        no       no     409    409   409   404',
    giveBackRun: '              in        no       no     409    409   409   404',

    listFiles: '                in        no       ok     ok     ok    ok    ok',
    uploadFile: '               in        no       no     415    415   415   415',
    getFile: '                  in        no       ok     ok     ok    ok    404',
    deleteFile: '               in        no       no     no     409   409   404',
    downloadFile: '             in        no       ok     ok     ok    ok    404',

    listWebhooks: '             in        no       no     no     ok    ok    ok',
    createWebhook: '            in        no       no     no     ok    ok    ok',
    getWebhook: '               in        no       no     no     ok    ok    404',
    updateWebhook: '            in        no       no     no     ok    ok    404',
    deleteWebhook: '            in        no       no     no     ok    ok    404',
    rotateWebhookSecret: '      in        no       no     no     ok    ok    404',
    listDeliveries: '           in        no       no     no     ok    ok    404',
    getDelivery: '              in        no       no     no     ok    ok    404',
    replayDelivery: '           in        no       no     no     ok    ok    404',

    getOverview: '              in        no       ok     ok     ok    ok    ok',
    getUsage: '                 in        no       ok     ok     ok    ok    ok',
    getModelUsage: '            in        no       ok     ok     ok    ok    ok',
    listKeyAudit: '             in        404      ok     404    ok    ok    404',
    listAudit: '                in        no       no     no     ok    ok    ok',
    exportAudit: '              in        no       no     no     ok    ok    ok',
    getAuditHead: '             in        no       no     no     ok    ok    ok',
  },

  mage: {
    //                          anonymous roleless viewer editor admin owner neighbour
    listSessions: '             off       rol      off    off    off   off   off',
    createSession: '            ok        rol      out    out    out   out   out',
    getSession: '               off       rol      off    off    off   off   off',
    updateSession: '            in        rol      ok     ok     ok    ok    ok',
    deleteSession: '            off       rol      off    off    off   off   off',

    listUsers: '                in        rol      no     no     ok    ok    ok',
    createUser: '               in        rol      no     no     no    ok    ok',
    getUser: '                  in        rol      no     no     ok    ok    404',
    updateUser: '               in        rol      no     no     ok    ok    404',
    deleteUser: '               in        rol      no     no     no    ok    404',

    listRoles: '                in        rol      ok     ok     ok    ok    ok',
    createRole: '               off       rol      off    off    off   off   off',
    getRole: '                  in        rol      ok     ok     ok    ok    ok',
    updateRole: '               off       rol      off    off    off   off   off',
    deleteRole: '               off       rol      off    off    off   off   off',

    listPipelines: '            in        rol      ok     ok     ok    ok    ok',
    createPipeline: '           in        rol      no     ok     ok    ok    ok',
    getPipeline: '              in        rol      ok     ok     ok    ok    404',
    updatePipeline: '           in        rol      no     ok     ok    ok    404',
    deletePipeline: '           in        rol      no     ok     ok    ok    404',

    listBlocksOfPipeline: '     in        rol      ok     ok     ok    ok    404',
    createBlockOfPipeline: '    in        rol      no     ok     ok    ok    404',
    getBlockOfPipeline: '       in        rol      ok     ok     ok    ok    404',
    updateBlockOfPipeline: '    in        rol      no     ok     ok    ok    404',
    deleteBlockOfPipeline: '    in        rol      no     ok     ok    ok    404',
    listBlocks: '               in        rol      ok     ok     ok    ok    ok',
    createBlock: '              in        rol      no     par    par   par   par',
    getBlock: '                 in        rol      ok     ok     ok    ok    404',
    deleteBlock: '              in        rol      no     par    par   par   404',

    listPipelineSchedules: '    in        rol      ok     ok     ok    ok    ok',
    createPipelineSchedule: '   in        rol      no     par    par   par   par',
    getPipelineSchedule: '      in        rol      ok     ok     ok    ok    404',
    updatePipelineSchedule: '   in        rol      no     ok     ok    ok    404',
    deletePipelineSchedule: '   in        rol      no     ok     ok    ok    404',

    listSchedulesOfPipeline: '  in        rol      ok     ok     ok    ok    404',
    createScheduleOfPipeline: ' in        rol      no     ok     ok    ok    404',
    getScheduleOfPipeline: '    in        rol      ok     ok     ok    ok    404',
    updateScheduleOfPipeline: ' in        rol      no     ok     ok    ok    404',
    deleteScheduleOfPipeline: ' in        rol      no     ok     ok    ok    404',

    listPipelineRuns: '         in        rol      ok     ok     ok    ok    ok',
    createPipelineRun: '        in        rol      no     par    par   par   par',
    getPipelineRun: '           in        rol      ok     ok     ok    ok    404',
    updatePipelineRun: '        in        rol      no     ok     ok    ok    404',
    deletePipelineRun: '        in        rol      no     ok     ok    ok    404',
    getRunOfPipeline: '         in        rol      ok     ok     ok    ok    404',
    updateRunOfPipeline: '      in        rol      no     ok     ok    ok    404',
    deleteRunOfPipeline: '      in        rol      no     ok     ok    ok    404',
    listRunsOfSchedule: '       in        rol      ok     ok     ok    ok    ok',
    createRunOfSchedule: '      in        rol      no     ok     ok    ok    par',
    fireByPath: '               ok        ok       ok     ok     ok    ok    ok',
    fireByBearer: '             in        in       in     in     in    in    in',

    runBlock: '                 in        in       in     in     in    in    in',
    runBlockByPath: '           par       par      par    par    par   par   par',

    listBackfills: '            in        rol      ok     ok     ok    ok    ok',
    getBackfill: '              in        rol      ok     ok     ok    ok    404',
    updateBackfill: '           in        rol      no     ok     ok    ok    404',
    deleteBackfill: '           in        rol      no     ok     ok    ok    404',
    listBackfillsOfPipeline: '  in        rol      ok     ok     ok    ok    404',
    createBackfill: '           in        rol      no     ok     ok    ok    404',
    getBackfillOfPipeline: '    in        rol      ok     ok     ok    ok    404',
    updateBackfillOfPipeline: ' in        rol      no     ok     ok    ok    404',
    deleteBackfillOfPipeline: ' in        rol      no     ok     ok    ok    404',

    createFileContent: '        off       rol      off    off    off   off   off',
    getFileContent: '           in        rol      ok     ok     ok    ok    ok',
    updateFileContent: '        in        rol      no     ok     ok    ok    par',

    listBlockRuns: '            in        rol      ok     ok     ok    ok    ok',
    listBlocksOfRun: '          in        rol      ok     ok     ok    ok    404',
    listBlockRunsOfRun: '       in        rol      ok     ok     ok    ok    404',
    getBlockRun: '              off       rol      off    off    off   off   off',
    listOutputsOfBlockRun: '    in        rol      ok     ok     ok    ok    ok',
    listLogsOfPipeline: '       in        rol      ok     ok     ok    ok    404',
    listLogs: '                 in        rol      ok     ok     ok    ok    ok',
    listLogsOfRun: '            in        rol      ok     ok     ok    ok    ok',

    listVariables: '            in        rol      ok     ok     ok    ok    404',
    createVariable: '           in        rol      no     ok     ok    ok    404',
    getVariable: '              off       rol      off    off    off   off   off',
    updateVariable: '           in        rol      no     ok     ok    ok    404',
    deleteVariable: '           in        rol      no     ok     ok    ok    404',

    listSecrets: '              in        rol      ok     ok     ok    ok    ok',
    createSecret: '             in        rol      no     ok     ok    ok    ok',
    getSecret: '                off       rol      off    off    off   off   off',
    updateSecret: '             off       rol      off    off    off   off   off',
    deleteSecret: '             in        rol      no     ok     ok    ok    404',

    listOauthAccessTokens: '    in        rol      ok     ok     ok    ok    ok',
    listStatuses: '             ok        ok       ok     ok     ok    ok    ok',
    createStatus: '             off       off      off    off    off   off   off',
  },

  magpipe: {
    generate: '                 in        ok       ok     ok     ok    ok    ok',
    list: '                     in        ok       ok     ok     ok    ok    ok',
    update: '                   in        404      ok     404    404   404   404',
    revoke: '                   in        404      ok     404    404   404   404',
  },

  magpipe_auth: {
    createToken: '              ok        ok       ok     ok     ok    ok    ok',
    getUser: '                  in        ok       ok     ok     ok    ok    ok',
    updateUser: '               in        ok       ok     ok     ok    ok    ok',
    logout: '                   in        ok       ok     ok     ok    ok    ok',
    signUp: '                   off       off      off    off    off   off   off',
    recover: '                  ok        ok       ok     ok     ok    ok    ok',
    getHealth: '                ok        ok       ok     ok     ok    ok    ok',
    getSettings: '              ok        ok       ok     ok     ok    ok    ok',
    getJwks: '                  ok        ok       ok     ok     ok    ok    ok',
  },

  maiagent: {
    login: '                    ok        ok       ok     ok     ok    ok    ok',
    logout: '                   ok        ok       ok     ok     ok    ok    ok',
    refreshToken: '             in        in       in     in     in    in    in',
    verifyToken: '              in        in       in     in     in    in    in',
    getCurrentUser: '           in        ok       ok     ok     ok    ok    ok',
    replaceCurrentUser: '       in        ok       ok     ok     ok    ok    ok',
    updateCurrentUser: '        in        ok       ok     ok     ok    ok    ok',

    listPipelines: '            in        no       ok     ok     ok    ok    ok',
    createPipeline: '           in        no       no     ok     ok    ok    ok',
    getPipeline: '              in        no       ok     ok     ok    ok    404',
    replacePipeline: '          in        no       no     ok     ok    ok    404',
    updatePipeline: '           in        no       no     ok     ok    ok    404',
    deletePipeline: '           in        no       no     ok     ok    ok    404',

    listAttachments: '          in        no       ok     ok     ok    ok    ok',
    createAttachment: '         in        no       no     ok     ok    ok    400',
    uploadAttachment: '         in        no       no     400    400   400   400',
    createConversationAttachment: 'in      no       no     ok     ok    ok    404',
    getAttachment: '            in        no       ok     ok     ok    ok    404',
    replaceAttachment: '        in        no       no     ok     ok    ok    404',
    updateAttachment: '         in        no       no     ok     ok    ok    404',
    deleteAttachment: '         in        no       no     ok     ok    ok    404',

    createPresignedUpload: '    in        no       no     ok     ok    ok    ok',
    uploadFile: '               400       400      400    400    400   400   400',
    downloadFile: '             in        no       ok     ok     ok    ok    404',

    listKnowledgeBases: '       in        no       ok     ok     ok    ok    ok',
    createKnowledgeBase: '      in        no       no     ok     ok    ok    ok',
    getKnowledgeBase: '         in        no       ok     ok     ok    ok    404',
    replaceKnowledgeBase: '     in        no       no     ok     ok    ok    404',
    updateKnowledgeBase: '      in        no       no     ok     ok    ok    404',
    deleteKnowledgeBase: '      in        no       no     ok     ok    ok    404',

    listKnowledgeBaseLabels: '  in        no       ok     ok     ok    ok    404',
    createKnowledgeBaseLabel: ' in        no       no     ok     ok    ok    404',
    getKnowledgeBaseLabel: '    in        no       ok     ok     ok    ok    404',
    replaceKnowledgeBaseLabel: 'in        no       no     ok     ok    ok    404',
    updateKnowledgeBaseLabel: ' in        no       no     ok     ok    ok    404',
    deleteKnowledgeBaseLabel: ' in        no       no     ok     ok    ok    404',

    listKnowledgeBaseFiles: '   in        no       ok     ok     ok    ok    404',
    registerKnowledgeBaseFiles: 'in        no       no     ok     ok    ok    404',
    getKnowledgeBaseFile: '     in        no       ok     ok     ok    ok    404',
    replaceKnowledgeBaseFile: ' in        no       no     ok     ok    ok    404',
    updateKnowledgeBaseFile: '  in        no       no     ok     ok    ok    404',
    updateKnowledgeBaseFileMetadata: 'in        no       no     ok     ok    ok    404',
    deleteKnowledgeBaseFile: '  in        no       no     ok     ok    ok    404',
    deleteKnowledgeBaseFiles: ' in        no       no     ok     ok    ok    404',
    reparseKnowledgeBaseFiles: '   in        no       no     ok     ok    ok    404',

    searchKnowledgeBase: '         in        no       ok     ok     ok    ok    404',
    searchKnowledgeBaseWithin: '   in        no       ok     ok     ok    ok    404',

    listKnowledgeBaseFaqs: '       in        no       ok     ok     ok    ok    404',
    createKnowledgeBaseFaq: '      in        no       no     ok     ok    ok    404',
    getKnowledgeBaseFaq: '         in        no       ok     ok     ok    ok    404',
    replaceKnowledgeBaseFaq: '     in        no       no     ok     ok    ok    404',
    updateKnowledgeBaseFaq: '      in        no       no     ok     ok    ok    404',
    updateKnowledgeBaseFaqMetadata: 'in        no       no     ok     ok    ok    404',
    deleteKnowledgeBaseFaq: '      in        no       no     ok     ok    ok    404',
    deleteKnowledgeBaseFaqs: '     in        no       no     ok     ok    ok    404',

    listTextNodes: '               in        no       ok     ok     ok    ok    404',
    listAllTextNodes: '            in        no       ok     ok     ok    ok    ok',
    listDocuments: '               in        no       ok     ok     ok    ok    404',
    getDocument: '                 in        no       ok     ok     ok    ok    404',
    replaceDocument: '             in        no       no     ok     ok    ok    404',
    deleteDocument: '              in        no       no     ok     ok    ok    404',

    listParsers: '                 in        no       ok     ok     ok    ok    ok',
    getParser: '                   in        no       ok     ok     ok    ok    ok',
    listSupportedFileTypes: '      in        no       ok     ok     ok    ok    ok',
    listAllowedFileSpecs: '        in        no       ok     ok     ok    ok    ok',

    listFaqs: '                 in        no       ok     ok     ok    ok    ok',
    createFaq: '                in        no       no     ok     ok    ok    400',
    getFaq: '                   in        no       ok     ok     ok    ok    404',
    replaceFaq: '               in        no       no     ok     ok    ok    404',
    updateFaq: '                in        no       no     ok     ok    ok    404',
    deleteFaq: '                in        no       no     ok     ok    ok    404',
    listChatbotFaqs: '          in        no       ok     ok     ok    ok    404',
    createChatbotFaq: '         in        no       no     ok     ok    ok    404',
    getChatbotFaq: '            in        no       ok     ok     ok    ok    404',
    replaceChatbotFaq: '        in        no       no     ok     ok    ok    404',
    updateChatbotFaq: '         in        no       no     ok     ok    ok    404',
    deleteChatbotFaq: '         in        no       no     ok     ok    ok    404',
    deleteChatbotFaqs: '        in        no       no     ok     ok    ok    404',

    listContacts: '             in        no       ok     ok     ok    ok    ok',
    createContact: '            in        no       no     ok     ok    ok    400',
    getContact: '               in        no       ok     ok     ok    ok    404',
    replaceContact: '           in        no       no     ok     ok    ok    404',
    updateContact: '            in        no       no     ok     ok    ok    404',
    deleteContact: '            in        no       no     ok     ok    ok    404',
    broadcastMessage: '         in        no       no     ok     ok    ok    ok',

    listContactConversations: ' in        no       ok     ok     ok    ok    404',
    getLatestConversation: '    in        no       404    404    404   404   404',

    listInboxes: '              in        no       ok     ok     ok    ok    ok',
    createInbox: '              in        no       no     ok     ok    ok    400',
    getInbox: '                 in        no       ok     ok     ok    ok    404',
    replaceInbox: '             in        no       no     ok     ok    ok    404',
    updateInbox: '              in        no       no     ok     ok    ok    404',
    deleteInbox: '              in        no       no     ok     ok    ok    404',
    listWebChats: '             in        no       ok     ok     ok    ok    ok',
    createWebChat: '            in        no       no     ok     ok    ok    400',
    getWebChat: '               in        no       ok     ok     ok    ok    404',
    replaceWebChat: '           in        no       no     ok     ok    ok    404',
    updateWebChat: '            in        no       no     ok     ok    ok    404',

    listWebhookRecords: '       in        no       ok     ok     ok    ok    404',

    listOrganizations: '        in        no       ok     ok     ok    ok    ok',
    getOrganization: '          in        no       ok     ok     ok    ok    404',
    listOrganizationMembers: '  in        no       ok     ok     ok    ok    404',
    getOrganizationMember: '    in        no       ok     ok     ok    ok    404',
    listGroups: '               in        no       ok     ok     ok    ok    404',
    getGroup: '                 in        no       ok     ok     ok    ok    404',
    listGroupMembers: '         in        no       ok     ok     ok    ok    404',
    listPermissions: '          in        no       ok     ok     ok    ok    ok',

    listBuiltInWorkflows: '     in        ok       ok     ok     ok    ok    ok',
    getSchema: '                ok        ok       ok     ok     ok    ok    ok',
    listChatbots: '             in        no       ok     ok     ok    ok    ok',
    createChatbot: '            in        no       no     ok     ok    ok    ok',
    getChatbot: '               in        no       ok     ok     ok    ok    404',
    replaceChatbot: '           in        no       no     ok     ok    ok    404',
    updateChatbot: '            in        no       no     ok     ok    ok    404',
    deleteChatbot: '            in        no       no     ok     ok    ok    404',
    // There is no model here.
    createCompletion: '         in        no       no     503    503   503   404',

    listConversations: '        in        no       ok     ok     ok    ok    ok',
    createConversation: '       in        no       no     ok     ok    ok    400',
    getConversation: '          in        no       ok     ok     ok    ok    404',
    updateAutoReply: '          in        no       no     ok     ok    ok    404',
    updateEnableGroupMention: ' in        no       no     ok     ok    ok    404',
    cancelAnswers: '            in        no       no     ok     ok    ok    404',

    listMessages: '             in        no       ok     ok     ok    ok    ok',
    createMessage: '            in        no       no     ok     ok    ok    400',
    createOutgoingMessage: '    in        no       no     ok     ok    ok    400',
    getMessage: '               in        no       ok     ok     ok    ok    404',
    rateMessage: '              in        no       no     ok     ok    ok    404',

    listLargeLanguageModels: '  in        no       ok     ok     ok    ok    ok',
    listEmbeddingModels: '      in        no       ok     ok     ok    ok    ok',
    listRerankerModels: '       in        no       ok     ok     ok    ok    ok',
  },

  mystic: {
    validateToken: '            in        ok       ok     ok     ok    ok    ok',
    listTokens: '               in        ok       ok     ok     ok    ok    ok',
    createToken: '              in        ok       ok     ok     ok    ok    ok',
    getToken: '                 in        404      ok     404    404   404   404',
    updateToken: '              in        404      ok     404    404   404   404',
    deleteToken: '              in        404      ok     404    404   404   404',

    openCliSession: '           ok        ok       ok     ok     ok    ok    ok',
    endCliSession: '            in        ok       ok     ok     ok    ok    ok',

    getMe: '                    in        ok       ok     ok     ok    ok    ok',
    getUser: '                  in        ok       ok     ok     ok    ok    404',

    listPipelines: '            in        no       ok     ok     ok    ok    ok',
    createPipeline: '           in        no       no     ok     ok    ok    ok',
    getPipeline: '              in        no       ok     ok     ok    ok    404',
    getPipelineByPointer: '     in        no       ok     ok     ok    ok    404',
    listPipelinesByFamily: '    in        no       ok     ok     ok    ok    404',
    listOwnedOrUsedPipelines: ' in        no       ok     ok     ok    ok    ok',
    updatePipeline: '           in        no       no     ok     ok    ok    404',
    deletePipeline: '           in        no       no     no     ok    ok    404',
    getPipelineReadme: '        in        no       ok     ok     ok    ok    404',
    getPipelineScaling: '       in        no       ok     ok     ok    ok    404',
    clonePipeline: '            in        no       no     ok     ok    ok    404',

    listPipelineFamilies: '     in        no       ok     ok     ok    ok    ok',
    getPipelineFamily: '        in        no       ok     ok     ok    ok    404',

    listPointers: '             in        no       ok     ok     ok    ok    ok',
    createPointer: '            in        no       no     ok     ok    ok    404',
    updatePointer: '            in        no       no     ok     ok    ok    404',
    deletePointer: '            in        no       no     no     ok    ok    404',

    listScalingConfigs: '       in        no       ok     ok     ok    ok    ok',
    createScalingConfig: '      in        no       no     ok     ok    ok    ok',
    getScalingConfig: '         in        no       ok     ok     ok    ok    404',
    updateScalingConfig: '      in        no       no     ok     ok    ok    404',
    deleteScalingConfig: '      in        no       no     no     ok    ok    404',

    listRuns: '                 in        no       ok     ok     ok    ok    ok',
    createRun: '                in        no       no     503    503   503   404',
    streamRun: '                in        no       no     503    503   503   404',
    getRun: '                   in        no       ok     ok     ok    ok    404',
    getDetailedRun: '           in        no       ok     ok     ok    ok    404',
    getRunLogs: '               in        no       ok     ok     ok    ok    404',
    getContainer: '             in        no       no     no     no    ok    404',
    setContainer: '             in        no       no     no     no    ok    404',

    listFiles: '                in        no       ok     ok     ok    ok    ok',
    createFile: '               in        no       no     415    415   415   415',
    getFile: '                  in        no       ok     ok     ok    ok    404',
    // An attachment has it.
    deleteFile: '               in        no       no     no     409   409   404',

    getStartupLogs: '           in        no       ok     ok     ok    ok    404',
    getRegistry: '              in        ok       ok     ok     ok    ok    ok',
    startUpload: '              in        503      503    503    503   503   503',
  },

  mystic_v3: {
    listPipelineFiles: '        in        no       ok     ok     ok    ok    ok',
    createPipelineFile: '       in        no       no     415    415   415   415',
    getPipelineFile: '          in        no       ok     ok     ok    ok    404',
    downloadPipelineFile: '     in        no       ok     ok     ok    ok    404',
    initiateMultipartUpload: '  in        no       no     ok     ok    ok    ok',
    presignPart: '              in        no       no     ok     ok    ok    404',
    // Whoever has the address: a token is not looked at.
    uploadPart: '               in        in       in     in     in    in    in',
    finaliseMultipartUpload: '  in        no       no     ok     ok    ok    404',
    // Whoever has the address: this one was not given.
    openPipelineFile: '         no        no       no     no     no    no    no',
    readPipelineFile: '         in        no       ok     ok     ok    ok    404',
    readRunFile: '              in        no       ok     ok     ok    ok    404',
    validateV3Token: '          in        ok       ok     ok     ok    ok    ok',
    createV3Run: '              in        no       no     503    503   503   404',
    getV3Run: '                 in        no       ok     ok     ok    ok    404',
    listV3Pipelines: '          in        no       ok     ok     ok    ok    ok',
    createV3Pipeline: '         in        no       no     ok     ok    ok    ok',
    listV3Pointers: '           in        no       ok     ok     ok    ok    ok',
    createV3Pointer: '          in        no       no     ok     ok    ok    404',
    updateV3Pointer: '          in        no       no     ok     ok    ok    404',
    listResources: '            in        ok       ok     ok     ok    ok    ok',
  },
};

const wire = (kind: string, uuid: string) => `${kind}_${uuid.replaceAll('-', '')}`;

const password = 'water lightning';
const somebody = { email: 'somebody@mage.test', password };
const lease = '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e12';
const viewersKey = '6f1c2d34-8a57-4b1e-9c0d-2f6f0a7b9e11';
/** Rows without bytes: what may be done with them is asked here, not what is in them. */
const file = {
  id: 'b0f7a5a2-6f0d-4b5e-9a55-0c7f3b0f1d22',
  name: 'a.txt',
  media_type: 'text/plain',
  size: 0,
  sha256: '0'.repeat(64),
};
/** A second one, and what they are registered in. */
const unregistered = 'b0f7a5a2-6f0d-4b5e-9a55-0c7f3b0f1d23';
const base = 'b0f7a5a2-6f0d-4b5e-9a55-0c7f3b0f1d24';
const label = 'b0f7a5a2-6f0d-4b5e-9a55-0c7f3b0f1d25';
const models = { embeddingModel: base, rerankerModel: base };
/** The vendor’s, which is whatever the default is. */
const languageModel = 'ba7da66a-6f30-414d-98f8-7d681a92d47a';
const webChat = '0b7f3c52-4f0e-4d0c-9f43-3f8f2e1f7a55';
const talk = '7f1c2f34-9f3a-4b52-a3df-6c2a4d1a9e10';
/** What an address must ask. */
const queries: Record<string, string> = { createToken: '?grant_type=password', searchKnowledgeBase: '?query=sword' };

const bodies: Record<string, object> = {
  'latchkey createSession': somebody,
  'latchkey refreshSession': { refresh_token: 'none' },
  authorizeDevice: { client_id: 'latchkey', name: 'laptop' },
  pollDevice: {
    client_id: 'latchkey',
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    device_code: 'none',
  },
  inspectDevice: { user_code: 'WDJB-MJHT' },
  allowDevice: { user_code: 'WDJB-MJHT' },
  refuseDevice: { user_code: 'WDJB-MJHT' },
  reauthenticate: { password: 'a wrong one' },
  updateMe: { first_name: 'Eärendil' },
  requestPasswordReset: { email: 'nobody@mage.test' },
  inspectLink: { code: 'none' },
  redeemLink: { code: 'nobody’s', password },
  inviteMember: { email: 'invited@mage.test', role: 'viewer' },
  updateMember: { enabled: false },
  recover: { email: 'somebody-else@mage.test' },
  changePassword: { current_password: 'a wrong one', new_password: 'a longer horse' },
  'latchkey createKey': { name: 'new' },
  'latchkey updateKey': { name: 'renamed' },
  'latchkey rotateKey': {},
  'latchkey importKeys': [{ hash: `sha256:${'0'.repeat(64)}`, name: 'new', user: 'viewer_user' }],
  'latchkey reportLeakedKey': { key: 'none' },
  'latchkey reportSecretsFound': [{ token: 'none', type: 'latchkey_api_key' }],
  'latchkey verifyKey': { key: 'none' },
  'latchkey introspectToken': { token: 'none' },
  'latchkey createPipeline': { name: 'two' },
  'latchkey updatePipeline': { description: 'changed' },
  setPipelineContainer: { url: null },
  takeRun: { wait_seconds: 0 },
  renewRun: { lease },
  reportRun: { lease, first: 1, events: [] },
  readBlockOutputs: { lease, block: 'block' },
  finishRun: { lease, state: 'completed' },
  giveBackRun: { lease },
  createWebhook: { url: 'https://93.184.216.34/hook', events: ['*'] },
  updateWebhook: { enabled: false },
  uploadFile: {},

  createSession: { session: somebody },
  createUser: { user: { email: 'new@mage.test', password, password_confirmation: password } },
  'mage updateUser': { user: { first_name: 'Eärendil' } },
  createPipeline: { pipeline: { name: 'new' } },
  updatePipeline: { pipeline: { description: 'changed' } },
  createBlockOfPipeline: { block: { name: 'new', type: 'custom' } },
  updateBlockOfPipeline: { block: { color: 'blue' } },
  createBackfill: { backfill: { name: 'new' } },
  updateBackfill: { backfill: { name: 'renamed' } },
  updateBackfillOfPipeline: { backfill: { name: 'renamed' } },
  updateFileContent: { file_content: { content: 'new' } },
  runBlockByPath: { run: { pipeline_uuid: 'one' } },
  createVariable: { variable: { name: 'new', value: 1 } },
  updateVariable: { variable: { name: 'env', value: 1 } },
  createSecret: { secret: { name: 'new', value: 'hush' } },
  updatePipelineRun: { pipeline_run: { status: 'cancelled' } },
  updateRunOfPipeline: { pipeline_run: { status: 'cancelled' } },
  createScheduleOfPipeline: { pipeline_schedule: { name: 'new' } },
  updatePipelineSchedule: { pipeline_schedule: { name: 'changed' } },
  updateScheduleOfPipeline: { pipeline_schedule: { name: 'changed' } },
  generate: { name: 'new' },
  update: { key_id: viewersKey },
  revoke: { key_id: viewersKey },
  createToken: somebody,
  'mystic createToken': { name: 'new' },
  openCliSession: { ...somebody, name: 'laptop' },
  updateToken: { is_enabled: false },
  'mystic createPipeline': { name: 'new', image: 'new', input_variables: [], output_variables: [] },
  createV3Pipeline: { name: 'new', image: 'new', input_variables: [], output_variables: [] },
  'mystic updatePipeline': { public: true },
  clonePipeline: { cluster: { id: 'cluster', node_pool: 'pool' } },
  updatePointer: { locked: true },
  updateV3Pointer: { locked: true },
  createScalingConfig: { name: 'new' },
  updateScalingConfig: { minimum_nodes: 1 },
  startUpload: { pipeline_name: 'new' },
  createFile: {},
  createPipelineFile: {},
  initiateMultipartUpload: {},
  setContainer: { url: null },
  signUp: { email: 'new@mage.test', password },
  updateUser: {},
  login: somebody,
  refreshToken: { refresh: 'nobody’s' },
  verifyToken: { token: 'nobody’s' },
  replaceCurrentUser: { name: 'Eärendil' },
  updateCurrentUser: {},
  'maiagent createPipeline': { name: 'new' },
  replacePipeline: { name: 'renamed' },
  'maiagent updatePipeline': { description: 'changed' },
  createAttachment: { filename: 'new.txt', file: file.id },
  createConversationAttachment: { filename: 'new.txt', file: file.id },
  replaceAttachment: { filename: 'new.txt', file: file.id },
  updateAttachment: { filename: 'new.txt' },
  createKnowledgeBase: { ...models, name: 'new' },
  replaceKnowledgeBase: { name: 'renamed' },
  updateKnowledgeBase: {},
  createKnowledgeBaseLabel: { name: 'new' },
  replaceKnowledgeBaseLabel: { name: 'renamed' },
  updateKnowledgeBaseLabel: {},
  registerKnowledgeBaseFiles: { files: [{ file: unregistered, filename: 'new.txt' }] },
  replaceKnowledgeBaseFile: { filename: 'new.txt' },
  updateKnowledgeBaseFile: {},
  updateKnowledgeBaseFileMetadata: { labels: [] },
  deleteKnowledgeBaseFiles: { ids: [file.id] },
  createChatbot: { name: 'new', largeLanguageModel: languageModel },
  replaceChatbot: { name: 'renamed', largeLanguageModel: languageModel },
  updateChatbot: {},
  createCompletion: { message: { content: 'hi' } },
  createConversation: { webChat },
  updateAutoReply: { autoReplyEnabled: false },
  updateEnableGroupMention: {},
  createMessage: { conversation: talk, content: 'hi' },
  createOutgoingMessage: { conversation: talk, content: 'hi' },
  rateMessage: { feedback: 'like' },
  createChatbotFaq: { question: 'q', answer: 'a' },
  replaceFaq: { question: 'q', answer: 'b' },
  updateFaq: {},
  replaceChatbotFaq: { question: 'q', answer: 'b' },
  updateChatbotFaq: {},
  deleteChatbotFaqs: { ids: [base] },
  replaceContact: { name: 'renamed' },
  updateContact: {},
  replaceInbox: { name: 'renamed' },
  updateInbox: {},
  replaceWebChat: { name: 'renamed' },
  updateWebChat: {},
  reparseKnowledgeBaseFiles: [{ id: file.id }],
  searchKnowledgeBaseWithin: { query: 'sword' },
  createKnowledgeBaseFaq: { question: 'q', answer: 'a' },
  replaceKnowledgeBaseFaq: {},
  updateKnowledgeBaseFaq: {},
  updateKnowledgeBaseFaqMetadata: {},
  deleteKnowledgeBaseFaqs: { ids: [file.id] },
  replaceDocument: {},
  createPresignedUpload: { filename: 'a.pdf', modelName: 'attachment', fieldName: 'file', fileSize: 1 },
};

let mage: Mage;
let neighbour: { userId: number; accountId: number };
/** Of `password`. */
let hash: string;
let seen: Awaited<ReturnType<typeof watchAccess>>;

beforeAll(async () => {
  mage = await openMage();
  // Rights change by the hundred here, and nobody is to wait each time: tests/slow/revocation.test.ts is about what is remembered.
  await mage.house.exact.close();
  const { db } = mage.house;
  const { accountId } = await openNeighbour(mage);
  const membership = await db('memberships').where({ account_id: accountId }).first();
  neighbour = { userId: membership?.user_id as number, accountId };
  hash = await hashPassword(password);
  seen = await watchAccess(db);
});
afterAll(() => mage.close());

/** A chatbot, and something that was said to it. */
async function furnishChat(account_id: number): Promise<Record<string, string>> {
  const { db } = mage.house;
  const id = webChat;
  const model = { large_language_model: languageModel, rag: languageModel };
  await db('chatbots').insert({ id, account_id, name: 'chatbot', ...model });
  await db('inboxes').insert({
    id,
    account_id,
    chatbot_id: id,
    name: 'chatbot',
    access_type: 'api',
    channel_id: webChat,
  });
  await db('contacts').insert({ id, account_id, name: 'Anonymous', anonymous: true });
  await db('conversations').insert({ id: talk, account_id, chatbot_id: id, inbox_id: id, contact_id: id });
  const said = { conversation_id: talk, type: 'outgoing', content: 'hi' };
  const [message] = await db('messages').insert(said).returning('public_id');
  return {
    ...{
      chatbots: id,
      completions: id,
      conversations: talk,
      conversationId: talk,
      'update-auto-reply': talk,
      'maiagent cancel': talk,
    },
    ...{ 'update-enable-group-mention': talk, messages: String(message?.public_id) },
  };
}

/** What is there for a cell; undefined when the one before may have changed it. */
let furnished: Record<string, string> | undefined;
/** The first furnishing, to be had again in one statement: it is done a thousand times. */
let again: { sql: string; got: Record<string, string> } | undefined;

/** One of each thing, new after every cell that was no refusal and no question; gives their identifiers by the resource's name. */
async function furnish(): Promise<Record<string, string>> {
  if (furnished) return furnished;
  const { db } = mage.house;
  if (again) await db.raw(emptied + again.sql);
  else {
    await db.raw(emptied);
    again = await recorded(db, furnishAnew);
  }
  // What was furnished is no work of a request.
  await seen('');
  furnished = again.got;
  return furnished;
}

const emptied = `
  delete from pipelines; delete from users where email in ('somebody@mage.test', 'new@mage.test'); delete from api_keys;
  delete from attachments; delete from knowledge_bases; delete from files; delete from secrets; delete from one_time_links;
  delete from chatbots; delete from contacts; delete from hooks; delete from pointers; delete from scaling_configs; delete from multipart_uploads;
`;

async function furnishAnew(): Promise<Record<string, string>> {
  const { db, installation } = mage.house;
  const account_id = installation.accountId;
  await db('files').insert([file.id, unregistered].map((id) => ({ ...file, id, account_id })));
  const named = { id: base, account_id, name: 'base', embedding_model: base, reranker_model: base };
  await db('knowledge_bases').insert(named);
  await db('knowledge_base_labels').insert({ id: label, knowledge_base_id: base, name: 'label' });
  const registered = { id: file.id, knowledge_base_id: base, file_id: file.id, filename: 'a.txt' };
  await db('knowledge_base_files').insert(registered);
  await db('knowledge_base_faqs').insert({ id: file.id, knowledge_base_id: base, question: 'q', answer: 'a' });
  const said = { account_id, knowledge_base_id: base, knowledge_base_file_id: file.id, text: 'sword', search: '' };
  await db('text_nodes').insert(said);
  const attached = { account_id, file_id: file.id, type: 'other', filename: 'a.txt' };
  const [attachment] = await db('attachments').insert(attached).returning('id');
  const key = { uuid: viewersKey, hash: digest(makeKey()), prefix: 'mgp_0000', name: 'the viewer’s' };
  await db('api_keys').insert({ ...key, account_id, user_id: mage.users.viewer.id });
  const [pipeline] = await db('pipelines')
    .insert({ account_id, uuid: 'one', name: 'one', variables: '{"env":1}' })
    .returning(['id', 'public_id']);
  const row = { pipeline_id: pipeline?.id as number, name: 't', token: 'x', schedule_type: 'api' };
  const [schedule] = await db('pipeline_schedules').insert(row).returning('id');
  const block = { uuid: 'block', name: 'block', type: 'data_loader', position: 0 };
  await db('blocks').insert({ ...block, pipeline_id: row.pipeline_id });
  const [backfill] = await db('backfills').insert({ pipeline_id: row.pipeline_id }).returning('id');
  await db('secrets').insert({ account_id, name: 'secret', value: 'hush' });
  const its = { account_id, pipeline_id: row.pipeline_id, pipeline_schedule_id: schedule?.id as number };
  const [pipelineRun] = await db('pipeline_runs')
    .insert({ ...its, execution_date: '2026-01-01T00:00:00Z' })
    .returning('id');
  const person = { email: 'somebody@mage.test', username: 'somebody', password_hash: hash };
  const [user] = await db('users').insert(person).returning(['id', 'uuid']);
  await db('memberships').insert({ account_id, user_id: user?.id as number, role_ids: [4] });
  const asked = { kind: 'invitation', account_id, email: 'asked@mage.test', role_id: 4 } as const;
  const { link: invitation } = await makeLink(db, { ...asked, made_by: mage.users.owner.id });
  const ids: Record<string, string> = {
    pipelines: 'one',
    'maiagent pipelines': String(pipeline?.public_id),
    attachments: String(attachment?.id),
    'latchkey keys': wire('key', viewersKey),
    'latchkey rotate': wire('key', viewersKey),
    'latchkey listKeyAudit': wire('key', viewersKey),
    'latchkey sessions': 'current',
    members: wire('usr', String(user?.uuid)),
    'password-reset': wire('usr', String(user?.uuid)),
    invitations: wire('inv', invitation.id),
    files: file.id,
    'update-metadata': file.id,
    ...{ faqs: file.id, documents: file.id, parsers: parsers[0].id, 'maiagent search': base },
    'knowledge-bases': base,
    labels: label,
    knowledgeBaseId: base,
    pipeline_schedules: String(schedule?.id),
    blocks: 'block',
    getBlock: 'data_loader%2Fblock',
    deleteBlock: 'data_loader%2Fblock',
    pipeline_runs: String(pipelineRun?.id),
    token: 'x',
    backfills: String(backfill?.id),
    file_contents: 'data_loaders%2Fblock.py',
    variables: 'env',
    secrets: 'secret',
    block_runs: '1',
    users: String(user?.id),
    roles: '4',
    sessions: '1',
    ...(await furnishMystic(pipeline?.id as number)),
    ...(await furnishOrganization()),
    ...(await furnishChat(account_id)),
    ...(await furnishInbox()),
  };
  const { pipeline_id = '', file_id = '', run_id = '' } = ids;
  return {
    ...ids,
    ...called('latchkey', pipeline_id, ['pipelines', 'container', 'relations', 'createRun']),
    ...called('latchkey', run_id, [
      'runs',
      'cancel',
      'output',
      'log',
      'renew',
      'report',
      'outputs',
      'finish',
      'give-back',
    ]),
    ...called('latchkey', file_id, ['files', 'content']),
    ...(await furnishWebhooks()),
  };
}

/** A chatbot with a door, and somebody who comes by it. */
async function furnishInbox(): Promise<Record<string, string>> {
  const { db, installation } = mage.house;
  const account_id = installation.accountId;
  const models = { large_language_model: base, rag: base };
  const [chatbot] = await db('chatbots')
    .insert({ account_id, name: 'bot', ...models })
    .returning('id');
  const its = { account_id, chatbot_id: String(chatbot?.id), name: 'door' };
  const [door] = await db('inboxes').insert(its).returning(['id', 'channel_id']);
  const [contact] = await db('contacts').insert({ account_id, name: 'contact' }).returning('id');
  const [own] = await db('knowledge_bases')
    .insert({ account_id, name: 'own', embedding_model: base, reranker_model: base, faqs_of: its.chatbot_id })
    .returning('id');
  const [faq] = await db('knowledge_base_faqs')
    .insert({ knowledge_base_id: String(own?.id), question: 'q', answer: 'a' })
    .returning('id');
  const faqs = ['getFaq', 'replaceFaq', 'updateFaq', 'deleteFaq'].flatMap((name) => [
    name,
    name.replace('F', 'ChatbotF'),
  ]);
  return {
    ...{ chatbotId: its.chatbot_id, inboxes: String(door?.id), 'web-chats': String(door?.channel_id) },
    ...{ contacts: String(contact?.id), contactId: String(contact?.id) },
    ...Object.fromEntries(faqs.map((name) => [name, String(faq?.id)])),
  };
}

/** The account as an organization, with the owner for a member. */
async function furnishOrganization(): Promise<Record<string, string>> {
  const { db, installation } = mage.house;
  const account = await db('accounts').where({ id: installation.accountId }).first('uuid');
  const owner = await db('users').where({ id: mage.users.owner.id }).first('uuid');
  const group = uuidOfName('group', 'Owner');
  return {
    ...{ organizationId: String(account?.uuid), organizations: String(account?.uuid) },
    ...{ 'maiagent members': String(owner?.uuid), groups: group, 'group-members': group },
  };
}

/** An endpoint, and what was sent to it. */
async function furnishWebhooks(): Promise<Record<string, string>> {
  const { db, installation } = mage.house;
  const id = randomUUID();
  const { accountId: account_id, seal } = installation;
  const secret = seal.seal('whsec_bm9uZQ==', `hooks/${id}`);
  await db('hooks').insert({ id, account_id, url: 'https://example.com/', events: ['*'], secret });
  const its = { hook_id: id, message: id, event: 'key.created', body: '{}', state: 'failed' };
  const [sent] = await db('hook_deliveries').insert(its).returning('id');
  return {
    ...called('latchkey', wire('hook', id), ['webhooks', 'rotate-secret', 'listDeliveries']),
    ...called('latchkey', wire('dlv', String(sent?.id)), ['getDelivery', 'replay']),
  };
}

/** One identifier under several names of a surface: the last word of the path, or the operation. */
function called(surface: string, id: string, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${surface} ${name}`, id]));
}

/** The same for the names in Mystic's paths and bodies. */
async function furnishMystic(pipeline_id: number): Promise<Record<string, string>> {
  const { db, installation } = mage.house;
  const account_id = installation.accountId;
  const { public_id } = (await db('pipelines').where({ id: pipeline_id }).first('public_id')) as { public_id: string };
  const pointer = 'owner/one:prod';
  await db('pointers').insert({ account_id, pointer, pipeline_id, target: public_id });
  await db('scaling_configs').insert({ account_id, name: 'config' });
  const [upload] = await db('multipart_uploads').insert({ account_id, name: 'large' }).returning(['id', 'file_id']);
  // It has ended, so that whoever follows it comes to the end.
  const its = { inputs: '[]', async: false, streamed: false, waits: false, ended_at: new Date().toISOString() };
  const [run] = await db('runs')
    .insert({ account_id, pipeline_id, ...its })
    .returning('id');
  return {
    pipeline_id: wire('pipeline', public_id),
    pointer,
    id_or_pointer: pointer,
    pipeline_family_name: 'owner/one',
    name: 'config',
    username: 'owner_user',
    token_id: wire('token', viewersKey),
    file_id: wire('file', file.id),
    pass: 'somebody’s',
    one: file.id.slice(0, 2),
    two: file.id.slice(2, 4),
    uuid: file.id,
    leaf: `${file.id}.txt`,
    run_id: wire('run', run?.id as string),
    upload_id: wire('upload', upload?.id as string),
    upload_file_id: wire('file', upload?.file_id as string),
  };
}

/** Bodies that name what was furnished. */
const bodiesOf: Record<string, (ids: Record<string, string>, username: string) => object> = {
  createPointer: ({ pipeline_id }, username) => ({
    pointer_or_pipeline_id: pipeline_id,
    pointer: `${username}/one:new`,
  }),
  createV3Pointer: (ids, username) => ({ pointer_or_pipeline_id: ids.pointer, pointer: `${username}/one:new` }),
  'latchkey createRun': () => ({}),
  createFaq: ({ chatbotId }) => ({ chatbot: chatbotId, question: 'q', answer: 'a' }),
  createContact: ({ inboxes }) => ({ name: 'new', inboxes: [{ id: inboxes }] }),
  createInbox: ({ chatbotId }) => ({ name: 'new', chatbot: chatbotId }),
  createWebChat: ({ chatbotId }) => ({ name: 'new', chatbot: chatbotId }),
  broadcastMessage: ({ contacts }) => ({ message: 'Hello.', contactIds: [contacts] }),
  createRun: ({ pipeline_id }) => ({ pipeline: pipeline_id, inputs: [] }),
  createV3Run: ({ pipeline_id }) => ({ pipeline_id_or_pointer: pipeline_id, input_data: [] }),
  streamRun: ({ pipeline_id }) => ({ pipeline: pipeline_id, inputs: [] }),
  presignPart: ({ upload_id, upload_file_id }) => ({ upload_id, file_id: upload_file_id, part_num: 1 }),
  finaliseMultipartUpload: ({ upload_id, upload_file_id }) => ({
    upload_id,
    file_id: upload_file_id,
    multipart_metadata: [],
  }),
};

function outcome({ status, body }: Response): string {
  if (status === 403 && body.detail) return 'no';
  if (typeof body.error_code === 'string')
    return { no_authorization: 'in', signup_disabled: 'off' }[body.error_code as string] ?? body.error_code;
  if (status === 401) return 'in';
  if (status === 404) return '404';
  const { error } = body;
  if (!error || typeof error === 'string') return status < 300 ? 'ok' : String(status);
  const { message, exception, code } = error as { message: string; exception?: string; code: number };
  if (message.startsWith('Private access')) return 'in';
  if (message.startsWith('Public access')) return 'out';
  if (message.startsWith('You don’t have access to this project.')) return 'rol';
  if (message.endsWith('failed condition.')) return 'no';
  if (message.includes('action is disabled')) return 'off';
  if (exception?.startsWith('Invalid token')) return 'in';
  if (parentless.test(exception ?? message)) return 'par';
  return code === 404 || exception?.endsWith('does not exist.') ? '404' : message;
}

/** What Mage says, and we say, of what has no parent in the path. */
const parentless =
  /^(A (pipeline schedule|block) needs a pipeline|'NoneType' object has no attribute '(blocks_by_uuid|pipeline_uuid|split)'|\[Errno 21\])/;

/** Nothing was done. */
const refusals = new Set(['in', 'out', 'rol', 'no', 'off', 'par', '404']);

/** The headers of somebody who has just signed in, with a token of their own: signing out ends it. */
type SignIn = (user: { userId: number; accountId: number }) => Promise<Record<string, string>>;

const withToken: SignIn = async ({ userId, accountId }) => {
  const { value } = await mintToken(mage.house, mage.house.db, userId, accountId);
  return { 'OAUTH-TOKEN': value };
};
const withSession: SignIn = async ({ userId: user_id, accountId: account_id }) => {
  const { house } = mage;
  const context = {
    house,
    db: house.db,
    principal: anonymous,
    asker: { address: '192.0.2.1', requestId: 'test', origin: 'http://localhost' },
  };
  const { accessToken } = await openSession(context, { user_id, account_id });
  return { Authorization: `Bearer ${accessToken}` };
};

type Row = [name: string, operation: Operation, body: object | undefined];
const one = ({ id }: Operation, surface = '') => bodies[`${surface} ${id}`] ?? bodies[id];
const surfaces = {
  mage: {
    surface: mageSurface,
    signIn: withToken,
    headers: { 'X-API-KEY': applicationKey },
    rows: (operation: Operation): Row[] => [[operation.id, operation, one(operation, 'mage')]],
  },
  magpipe: {
    surface: magpipe,
    signIn: withSession,
    headers: {},
    rows: (operation: Operation): Row[] => actions.map((action) => [action, operation, { action, ...bodies[action] }]),
  },
  magpipe_auth: {
    surface: magpipeAuth,
    signIn: withSession,
    headers: { apikey: applicationKey },
    rows: (operation: Operation): Row[] => [[operation.id, operation, one(operation)]],
  },
  maiagent: {
    surface: maiagent,
    signIn: withSession,
    headers: {},
    rows: (operation: Operation): Row[] => [[operation.id, operation, one(operation, 'maiagent')]],
  },
  mystic: {
    surface: mystic,
    signIn: withSession,
    headers: {},
    rows: (operation: Operation): Row[] => [[operation.id, operation, one(operation, 'mystic')]],
  },
  latchkey: {
    surface: latchkey,
    signIn: withSession,
    headers: {},
    rows: (operation: Operation): Row[] => [[operation.id, operation, one(operation, 'latchkey')]],
  },
  mystic_v3: {
    surface: mysticV3,
    signIn: withSession,
    headers: {},
    rows: (operation: Operation): Row[] => [[operation.id, operation, one(operation)]],
  },
};

describe.each(Object.entries(surfaces))('check 85: %s', (name, { surface, signIn, headers, rows }) => {
  const { contract } = surface;
  const check = contractChecker(contract);
  const table: Record<string, string> = matrix[name as keyof typeof matrix];
  const all = operationsOf(contract).flatMap(rows);

  /** The headers of each caller, until something was done with them that may have ended them. */
  const signIns = new Map<string, Record<string, string>>();
  const signedIn = async (caller: Caller | 'neighbour') => {
    const { accountId } = mage.house.installation;
    const user = caller === 'neighbour' ? neighbour : { userId: mage.users[caller]?.id, accountId };
    const known = signIns.get(caller);
    if (known) return known;
    const headers = await signIn(user);
    signIns.set(caller, headers);
    await seen('');
    return headers;
  };

  it('every operation of the contract has a row, and every row an operation', () => {
    expect(Object.keys(table).sort()).toEqual(all.map(([row]) => row).sort());
  });

  it.each(all)('%s', async (row, { method, path, accepts }, body) => {
    const got: string[] = [];
    const unwritten: unknown[] = [];
    for (const caller of [...callers, 'neighbour'] as const) {
      const ids = await furnish();
      const resource = path.split('/').findLast((part) => part !== '' && !part.startsWith('{')) ?? '';
      const at = path
        .replace('{parent_id}', ids[String(/^\/(pipeline_(?:schedules|runs))\//.exec(path)?.[1])] ?? 'one')
        .replace('{id}', ids[`${name} ${row}`] ?? ids[row] ?? ids[`${name} ${resource}`] ?? ids[resource] ?? '')
        .replace(/\{(\w+)\}/g, (_all, parameter: string) => encodeURIComponent(ids[parameter] ?? ''));
      const query = queries[row] ?? '';
      const sent = request(mage.server)
        [method.toLowerCase() as 'get'](`${contract.servers[0]?.url}${at}${query}`)
        .set({ ...headers, ...(caller !== 'anonymous' && (await signedIn(caller))) });
      const all =
        (bodiesOf[`${name} ${row}`] ?? bodiesOf[row])?.(ids, caller === 'neighbour' ? 'neighbour' : `${caller}_user`) ??
        body;
      const requestId = `${name}-${row}-${caller}`;
      sent.set('x-request-id', requestId);
      if (accepts[0] === 'application/x-ndjson')
        sent.type(accepts[0]).serialize((lines) => lines.map((line: object) => JSON.stringify(line)).join('\n'));
      const answer = await (all ? sent.send(all) : sent);
      const { changed, audited } = await seen(requestId);
      if (changed.length > 0 && audited.length === 0) unwritten.push([caller, changed]);
      const { status, type } = answer;
      expect(check(method, at, { status, type, body: answer.body })).toBeUndefined();
      const result = outcome(answer);
      if (method !== 'GET' && !refusals.has(result)) {
        furnished = undefined;
        signIns.delete(caller);
      }
      got.push(result);
    }
    expect(got).toEqual(table[row]?.trim().split(/\s+/));
    // B17: whatever changes who may do what is written down, whoever did it.
    expect(unwritten).toEqual([]);
  });
});
