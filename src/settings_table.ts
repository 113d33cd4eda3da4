import { str } from 'envalid';
import {
  applicationKey,
  bucket,
  days,
  email,
  endings,
  host,
  httpUrl,
  keyId,
  leaked,
  level,
  origin,
  origins,
  postgresUrl,
  processes,
  proxies,
  region,
  registry,
  secret,
  signingSecret,
  smtpUrl,
  truth,
  username,
  whole,
} from './setting_kinds.ts';

/** The documents of docs/compat/maiagent.md: Attachments (attachments), and what is seen and heard. */
const commonTypes = [
  ...['doc', 'docx', 'txt', 'pdf', 'md', 'xls', 'xlsx', 'csv', 'ppt', 'pptx', 'json', 'jsonl'],
  ...['png', 'jpg', 'jpeg', 'gif', 'webp', 'bmp', 'tiff', 'heic'],
  ...['mp3', 'm4a', 'wav', 'ogg', 'flac', 'aac', 'mp4', 'm4v', 'mov', 'webm', 'avi', 'mkv'],
];

/** Every setting, its default and its meaning: the only place where they are written down. */
export const settings = {
  HOST: host({
    default: 'localhost',
    desc: 'The address to listen on; localhost is 127.0.0.1 and, where the machine has it, ::1.',
  }),
  PORT: whole(0, 65535)({ default: 6789, desc: 'The port to listen on; 0 takes a free one.' }),
  LATCHKEY_PROCESSES: processes({
    default: 1,
    desc: 'How many processes answer on the port; auto is one for each core.',
  }),
  DATABASE_URL: postgresUrl({ default: undefined, desc: 'A Postgres to use instead of the embedded one.' }),
  LATCHKEY_STATEMENT_SECONDS: whole(
    0,
    86_400,
  )({ default: 15, desc: 'How long one statement of a request may take in Postgres; 0 for no limit.' }),
  LATCHKEY_DATA: str({ default: '.latchkey', desc: 'The folder of the embedded database, files and keys.' }),
  LATCHKEY_SECRET: secret({
    default: undefined,
    desc: 'Seals the secrets that the database keeps, 32 characters or more; without it a file in LATCHKEY_DATA does.',
  }),
  LATCHKEY_NEXT_SECRET: secret({
    default: undefined,
    desc: 'What npm run rotate-secret changes LATCHKEY_SECRET to; the server itself does not read it.',
  }),
  LATCHKEY_OWNER_EMAIL: email({ default: 'owner@localhost', desc: 'The first user, at the first start only.' }),
  LATCHKEY_OWNER_USERNAME: username({ default: 'owner', desc: 'The first user’s name, at the first start only.' }),
  LATCHKEY_OWNER_PASSWORD: str({
    default: undefined,
    desc: 'The first user’s password, a good one, while they have none; without it the start gives a link to choose one.',
  }),
  LATCHKEY_PASSWORD_LENGTH: whole(
    8,
    128,
  )({
    default: 8,
    desc: 'The fewest characters of a new password; NIST wants 15 where nothing else is asked for at sign-in.',
  }),
  LATCHKEY_APPLICATION_KEY: applicationKey({ default: undefined, desc: 'Pins the application key, else made up.' }),
  REQUIRE_USER_AUTHENTICATION: truth({
    default: true,
    desc: 'false opens everything under /api to whoever reaches the port; only on a loopback HOST.',
  }),
  MAGE_ACCESS_TOKEN_EXPIRY_TIME: whole(
    1,
    2 ** 31 - 1,
  )({ default: 2_592_000, desc: 'How long a sign-in to /api lasts, in seconds.' }),
  LATCHKEY_MAGE_JWT_SECRET: signingSecret({
    default: undefined,
    desc: 'Signs the raw form of tokens of /api, as JWT_SECRET does in Mage; 16 characters or more, else made up.',
  }),
  LATCHKEY_SESSION_DAYS: whole(
    0,
    36_500,
  )({ default: 30, desc: 'How long a session lasts after its sign-in, in days; 0 for no bound.' }),
  LATCHKEY_SESSION_IDLE_DAYS: whole(
    0,
    36_500,
  )({ default: 7, desc: 'How long a session lasts that nobody refreshes, in days; 0 for no bound.' }),
  LATCHKEY_REQUESTS_PER_MINUTE: whole(
    0,
    1e9,
  )({ default: 100, desc: 'Requests of one user to /functions/v1 in a minute; 0 for no limit.' }),
  LATCHKEY_REQUESTS_PER_HOUR: whole(
    0,
    1e9,
  )({ default: 1000, desc: 'Requests of one user to /functions/v1 in an hour; 0 for no limit.' }),
  LATCHKEY_FAILURES_PER_MINUTE: whole(
    0,
    1e9,
  )({
    default: 100,
    desc: 'Keys and tokens of one address that do not hold, in a minute, for each API; then 429. 0 for no limit.',
  }),
  LATCHKEY_SIGN_UPS_PER_HOUR: whole(
    0,
    1e9,
  )({ default: 30, desc: 'Sign-ups of one address in an hour; 0 for no limit.' }),
  LATCHKEY_KEEP_SESSIONS_DAYS: days({
    default: 30,
    desc: 'How long ended sessions, used refresh tokens and expired Mage tokens are kept, in days; 0 for ever.',
  }),
  LATCHKEY_KEEP_WEBHOOKS_DAYS: days({
    default: 30,
    desc: 'How long it is kept what became of webhooks, in days; 0 for ever.',
  }),
  LATCHKEY_KEEP_RUNS_DAYS: days({
    default: 90,
    desc: 'How long finished runs are kept with their inputs and outputs, in days; 0 for ever.',
  }),
  LATCHKEY_KEEP_AUDIT_DAYS: days({
    default: 400,
    desc: 'How long the audit log is kept, in days; 0 for ever.',
  }),
  LATCHKEY_KEEP_USAGE_DAYS: days({
    default: 400,
    desc: 'How long it is kept how often what was asked, and what models took, in days; 0 for ever.',
  }),
  LATCHKEY_KEEP_CONVERSATIONS_DAYS: days({
    default: 0,
    desc: 'How long conversations are kept after their last message, with the files that came with it, in days; 0 for ever.',
  }),
  LATCHKEY_RUNNER_GRACE_SECONDS: whole(
    0,
    86_400,
  )({
    default: 60,
    desc: 'How long a run of a pipeline without a container waits for a runner that nobody has seen, in seconds; then it fails.',
  }),
  LATCHKEY_KEYS_PER_USER: whole(
    1,
    100_000,
  )({ default: 10, desc: 'How many active API keys a user may have; the two of a rotation are one.' }),
  LATCHKEY_LEAKED_KEYS: leaked({
    default: 'revoke',
    desc: 'What becomes of a key that somebody reports as leaked: revoke, or flag.',
  }),
  LATCHKEY_GITHUB_KEYS_URL: httpUrl({
    default: 'https://api.github.com/meta/public_keys/secret_scanning',
    desc: 'Where the public keys are by which GitHub signs the secrets that it has found.',
  }),
  LATCHKEY_DEVELOPMENT: truth({
    default: false,
    desc: 'true holds every answer against its contract, and says in Server-Timing how long it took; `npm run dev` sets it.',
  }),
  LATCHKEY_OPEN_SIGN_UP: truth({ default: false, desc: 'true lets anybody with the application key make a user.' }),
  LATCHKEY_PRIVATE_WEBHOOKS: truth({
    default: false,
    desc: 'true lets webhooks go to private and loopback addresses.',
  }),
  LATCHKEY_PRIVATE_CONTAINERS: truth({
    default: undefined,
    desc: 'true lets runs go to containers at private and loopback addresses, false to neither; without it to loopback alone, from a server that only its own machine reaches.',
  }),
  LATCHKEY_PUBLIC_URL: origin({
    default: undefined,
    desc: 'The URL that the world knows this server by, as https://keys.example.com: links and tokens begin with it.',
  }),
  LATCHKEY_SMTP_URL: smtpUrl({
    default: undefined,
    desc: 'The mail server for links and notices, as smtp://user:password@mail.example.com:587 or smtps://…; it needs LATCHKEY_PUBLIC_URL.',
  }),
  LATCHKEY_MAIL_FROM: email({
    default: undefined,
    desc: 'The address that mails come from; without it, latchkey at the host of LATCHKEY_PUBLIC_URL.',
  }),
  LATCHKEY_TRUSTED_PROXIES: proxies({
    default: undefined,
    desc: 'Whose word about the caller counts: addresses, CIDRs and loopback with commas between them, or how many proxies.',
  }),
  LATCHKEY_CORS_ORIGINS: origins({
    default: ['*'],
    desc: 'Whose pages may read answers: * for all, none, or origins with commas between them.',
  }),
  LATCHKEY_HTTPS_ONLY: truth({
    default: false,
    desc: 'true refuses calls that no trusted proxy took by https; it needs LATCHKEY_TRUSTED_PROXIES.',
  }),
  LATCHKEY_HSTS_SECONDS: whole(
    0,
    1e9,
  )({ default: 0, desc: 'How long browsers shall insist on TLS, in seconds; 0 says nothing of it.' }),
  LATCHKEY_KEEP_ALIVE_SECONDS: whole(
    1,
    3600,
  )({ default: 75, desc: 'How long an idle connection stays open, in seconds; longer than the proxy keeps it.' }),
  LATCHKEY_DRAIN_SECONDS: whole(
    0,
    3600,
  )({
    default: undefined,
    desc: 'How long /readyz says 503 before the port closes, in seconds; 5 without it, and 0 on a terminal.',
  }),
  LATCHKEY_LOG_LEVEL: level({
    default: undefined,
    desc: 'The least that is logged: trace, debug, info, warn, error, fatal or silent; info without it, and warn on a terminal.',
  }),
  LATCHKEY_MAX_UPLOAD_BYTES: whole(
    1,
    2 ** 40,
  )({ default: 104_857_600, desc: 'The largest file that is taken, in bytes.' }),
  LATCHKEY_UPLOAD_TYPES: endings({
    default: commonTypes,
    desc: 'The endings that files sent to /api/v1 may have, with commas between them; * for any.',
  }),
  LATCHKEY_REGISTRY_URL: registry({
    default: 'localhost:5000',
    desc: 'Where images of pipelines are pushed to: a host, perhaps with a port and a path.',
  }),
  LATCHKEY_MODELS: str({
    default: undefined,
    desc: 'A YAML or JSON file that names the language models that chatbots of /api/v1 answer with.',
  }),
  LATCHKEY_S3_BUCKET: bucket({ default: undefined, desc: 'Keeps uploaded files in this S3 bucket, not on the disk.' }),
  LATCHKEY_S3_ENDPOINT: httpUrl({
    default: undefined,
    desc: 'The URL of an S3-compatible server; Amazon’s without it.',
  }),
  LATCHKEY_S3_REGION: region({ default: undefined, desc: 'The region of the bucket; us-east-1 without it.' }),
  LATCHKEY_S3_ACCESS_KEY_ID: keyId({
    default: undefined,
    desc: 'The key of the bucket; the machine’s own without it.',
  }),
  LATCHKEY_S3_SECRET_ACCESS_KEY: keyId({
    default: undefined,
    desc: 'The secret that belongs to the key of the bucket.',
  }),
};
