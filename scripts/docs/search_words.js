/** What MaiAgent's own documents, which are Chinese as well, call what is here, in both scripts, by where it is. */
const chinese = {
  'reference/maiagent/auth': '登入 登录 登出 認證 认证',
  'reference/maiagent/users': '使用者 用户 帳號 账号 API 金鑰 密钥',
  'reference/maiagent/chatbots': '聊天機器人 聊天机器人 AI 助理 對話 对话 完成',
  'reference/maiagent/conversations': '對話 对话 會話 会话 訊息 消息',
  'reference/maiagent/knowledge-bases': '知識庫 知识库 檔案 文件 標籤 标签 搜尋 搜索 常見問題 常见问题',
  'reference/maiagent/attachments': '附件 上傳 上传',
  'reference/maiagent/files': '檔案 文件 上傳 上传 下載 下载',
  'reference/maiagent/contacts': '聯絡人 联系人 廣播 广播',
  'reference/maiagent/inboxes': '收件匣 收件箱 網頁聊天 网页聊天',
  'reference/maiagent/organizations': '組織 组织 成員 成员 群組 群组 權限 权限',
  'reference/maiagent/models': '模型 大型語言模型 大语言模型',
  'guides/maiagent': '聊天機器人 聊天机器人 知識庫 知识库 附件 金鑰 密钥 遷移 迁移',
  'guides/errors': '錯誤 错误 狀態碼 状态码',
  'guides/keys': '金鑰 密钥',
};

/** The Chinese words for a page, to be found by. */
export const inChinese = (address) =>
  Object.entries(chinese)
    .filter(([place]) => address === place || address.startsWith(`${place}/`))
    .map(([, words]) => words)
    .join(' ');

/** What else people call what a guide is about: as good as its title. */
export const alsoCalled = {
  'guides/limits': 'rate limit throttling quota',
};
