import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { cleanEnv, str } from 'envalid';
import leven from 'leven';
import { weaknessOf } from './core/credentials/strength.ts';
import type { Model } from './core/models/model.ts';
import type { Reach } from './core/webhooks/addresses.ts';
import { ModelsFileFault, readModels } from './models_file.ts';
import {
  applicationKey,
  bucket,
  days,
  email,
  endings,
  host,
  httpUrl,
  keyId,
  type LogLevel,
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

/** What the operator must mend: one line that names the mistake and the mend. It is printed without a stack. */
export class Mistake extends Error {
  override name = 'Mistake';
  readonly exitCode: 1 | 2;

  /** `exitCode`: 2 for a setting that cannot be right, 1 for something else on this machine. */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What the operator decided, checked. */
export interface Config {
  /** None: by what standard output is. */
  logLevel?: LogLevel | undefined;
  host: string;
  port: number;
  /** How many servers share the port. */
  processes: number;
  databaseUrl?: string | undefined;
  /** 0: no limit. */
  statementSeconds: number;
  /** Absolute. */
  data: string;
  /** What seals the secrets in the database; without it, a file in `data` does. */
  secret?: string | undefined;
  /** What `npm run rotate-secret` changes it to. */
  nextSecret?: string | undefined;
  owner: { email: string; username: string; password?: string | undefined };
  /** The fewest code points of a new password. */
  passwordLength: number;
  applicationKey?: string | undefined;
  requireUserAuthentication: boolean;
  accessTokenSeconds: number;
  /** Signs the raw form of Mage's tokens instead of a secret of the installation's own. */
  mageSecret?: string | undefined;
  /** How long a session lasts at most, and without a refresh. 0: no bound. */
  sessionDays: number;
  sessionIdleDays: number;
  /** 0: no limit. */
  requestsPerMinute: number;
  requestsPerHour: number;
  /** Credentials that do not hold, and sign-ups, of one address; 0: no limit. */
  failuresPerMinute: number;
  signUpsPerHour: number;
  /** How long a run waits for a runner where there is none. */
  runnerGraceSeconds: number;
  openSignUp: boolean;
  /** Somebody works on the server itself: answers are held against the contract, and say how long they took. */
  development: boolean;
  /** Active ones; a pair of a rotation is one. */
  keysPerUser: number;
  /** What becomes of a key that was found where it should not be. */
  leakedKeys: 'revoke' | 'flag';
  /** Where the public keys are by which GitHub signs what it has found. */
  githubKeysUrl: string;
  /** How long what is over is kept, in days; 0: for ever. */
  keep: { sessions: number; webhooks: number; runs: number; audit: number; usage: number };
  privateWebhooks: boolean;
  /** Where containers of pipelines may be. */
  containerReach: Reach;
  /** The origin that the world knows this server by: `https://keys.example.com`. */
  publicUrl?: string | undefined;
  /** Where mails are given to, with its password. */
  smtpUrl?: string | undefined;
  mailFrom?: string | undefined;
  /** As written; `trustOf` reads it. None: nobody is trusted. */
  trustedProxies?: string | undefined;
  /** Origins whose pages may read answers; `*` for all. */
  corsOrigins: readonly string[];
  /** 0: none. */
  hstsSeconds: number;
  /** Whether calls that did not come by https are refused. */
  httpsOnly: boolean;
  keepAliveSeconds: number;
  /** None: by what standard output is. */
  drainSeconds?: number | undefined;
  maxUploadBytes: number;
  /** File endings in lower case, without a dot; `*` for any. */
  uploadTypes: readonly string[];
  /** Host, perhaps port and path: where images are pushed to. */
  registryUrl: string;
  /** What answers, embeds and ranks; the first of each kind is the default. */
  models: readonly Model[];
  /** Where uploaded files go instead of the disk. */
  s3?: S3Settings | undefined;
}

/** A bucket, and how it is reached. */
export interface S3Settings {
  bucket: string;
  /** None: Amazon's own. */
  endpoint?: string | undefined;
  region: string;
  /** None: those that the machine has been given. */
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined;
  /** What Amazon's machines tell of those, as `AWS_…` in the environment. */
  machine?: Record<string, string> | undefined;
}

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
    desc: 'How long it is kept how often what was asked, in days; 0 for ever.',
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

const isLoopback = (host: string) =>
  host === '::1' || host.toLowerCase() === 'localhost' || (isIPv4(host) && host.startsWith('127.'));

/** What clients read (docs/cli.md): a shell that has sourced `.latchkey/env` may start a server, too. */
const ofClients = ['LATCHKEY_URL', 'LATCHKEY_API_KEY'];

function refuseUnknown(env: NodeJS.ProcessEnv) {
  const known = [...Object.keys(settings), ...ofClients];
  const unknown = Object.keys(env).find((name) => name.startsWith('LATCHKEY_') && !known.includes(name));
  if (unknown === undefined) return;
  // Some have no prefix of ours: LATCHKEY_PORT is meant to be PORT.
  const bare = unknown.slice('LATCHKEY_'.length);
  const distance = (name: string) => Math.min(leven(unknown, name), leven(bare, name));
  const nearest = known.toSorted((a, b) => distance(a) - distance(b))[0];
  throw new Mistake(`${JSON.stringify(unknown).slice(1, -1)} is no setting: did you mean ${nearest}?`, 2);
}

/**
 * Where containers may be (docs/runs.md: Attach a container). Unless it is said, a server that only its own machine reaches,
 * with nobody in front of it and no strangers among its owners, goes to loopback addresses as well.
 */
function containerReachOf(read: {
  HOST: string;
  LATCHKEY_PRIVATE_CONTAINERS: boolean | undefined;
  LATCHKEY_PUBLIC_URL: string | undefined;
  LATCHKEY_TRUSTED_PROXIES: string | undefined;
  LATCHKEY_OPEN_SIGN_UP: boolean;
}): Reach {
  const { LATCHKEY_PRIVATE_CONTAINERS: said, LATCHKEY_PUBLIC_URL: publicUrl, LATCHKEY_TRUSTED_PROXIES: proxies } = read;
  if (said !== undefined) return said ? 'anywhere' : 'public';
  const isOurs = isLoopback(read.HOST) && !publicUrl && !proxies && !read.LATCHKEY_OPEN_SIGN_UP;
  return isOurs ? 'machine' : 'public';
}

/** The S3 that the operator chose, whole or not at all. */
function s3Of(
  read: {
    [Name in keyof typeof settings as Name extends `LATCHKEY_S3_${string}` ? Name : never]: string | undefined;
  },
  given: Record<string, string | undefined>,
): S3Settings | undefined {
  const {
    LATCHKEY_S3_BUCKET: bucket,
    LATCHKEY_S3_ENDPOINT: endpoint,
    LATCHKEY_S3_REGION: region = 'us-east-1',
    LATCHKEY_S3_ACCESS_KEY_ID: accessKeyId,
    LATCHKEY_S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = read;
  const needs = (given: string, other: string) => new Mistake(`${given} needs ${other}: set both, or neither`, 2);
  if (accessKeyId && !secretAccessKey) throw needs('LATCHKEY_S3_ACCESS_KEY_ID', 'LATCHKEY_S3_SECRET_ACCESS_KEY');
  if (!accessKeyId && secretAccessKey) throw needs('LATCHKEY_S3_SECRET_ACCESS_KEY', 'LATCHKEY_S3_ACCESS_KEY_ID');
  if (bucket)
    return {
      bucket,
      endpoint,
      region,
      ...(accessKeyId && secretAccessKey
        ? { credentials: { accessKeyId, secretAccessKey } }
        : { machine: amazonsOf(given) }),
    };
  const lone = Object.entries(read).find(([name, value]) => name.startsWith('LATCHKEY_S3_') && value);
  if (lone) throw needs(lone[0], 'LATCHKEY_S3_BUCKET');
  return undefined;
}

function amazonsOf(given: Record<string, string | undefined>): Record<string, string> | undefined {
  const all = Object.entries(given).filter(([name, value]) => name.startsWith('AWS_') && value !== undefined);
  return all.length > 0 ? (Object.fromEntries(all) as Record<string, string>) : undefined;
}

/** The models of a file; its keys are in the environment. What is wrong in it is told by line. */
function modelsOf(path: string | undefined, env: NodeJS.ProcessEnv): Model[] {
  try {
    return path === undefined ? [] : readModels(resolve(path), env);
  } catch (error) {
    throw error instanceof ModelsFileFault ? new Mistake(`LATCHKEY_MODELS: ${error.message}`, 2) : error;
  }
}

/** Reads the settings. A `Mistake` (exit code 2) for the first bad or unknown one; a value is never repeated in it. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // Compose files and CI write an unset variable as an empty one.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  refuseUnknown(given);
  const read = cleanEnv(given, settings, {
    reporter({ errors }) {
      for (const [name, error] of Object.entries(errors)) throw new Mistake(`${name} ${error?.message}`, 2);
    },
  });
  const { LATCHKEY_OWNER_PASSWORD: password, LATCHKEY_OWNER_EMAIL: email, LATCHKEY_OWNER_USERNAME: username } = read;
  if (read.LATCHKEY_HTTPS_ONLY && !read.LATCHKEY_TRUSTED_PROXIES)
    throw new Mistake('LATCHKEY_HTTPS_ONLY needs LATCHKEY_TRUSTED_PROXIES: without them nothing comes by https', 2);
  const weakness = password && weaknessOf(password, read.LATCHKEY_PASSWORD_LENGTH, [email, username]);
  if (weakness) throw new Mistake(`LATCHKEY_OWNER_PASSWORD must be a better one. ${weakness.sentence}`, 2);
  if (!read.REQUIRE_USER_AUTHENTICATION && !isLoopback(read.HOST))
    throw new Mistake(
      'REQUIRE_USER_AUTHENTICATION=false needs a loopback HOST: set HOST=localhost, or leave it true',
      2,
    );

  return {
    host: read.HOST,
    port: read.PORT,
    processes: read.LATCHKEY_PROCESSES,
    databaseUrl: read.DATABASE_URL,
    statementSeconds: read.LATCHKEY_STATEMENT_SECONDS,
    data: resolve(read.LATCHKEY_DATA),
    secret: read.LATCHKEY_SECRET,
    nextSecret: read.LATCHKEY_NEXT_SECRET,
    owner: {
      email: read.LATCHKEY_OWNER_EMAIL,
      username: read.LATCHKEY_OWNER_USERNAME,
      password: read.LATCHKEY_OWNER_PASSWORD,
    },
    passwordLength: read.LATCHKEY_PASSWORD_LENGTH,
    applicationKey: read.LATCHKEY_APPLICATION_KEY,
    requireUserAuthentication: read.REQUIRE_USER_AUTHENTICATION,
    accessTokenSeconds: read.MAGE_ACCESS_TOKEN_EXPIRY_TIME,
    mageSecret: read.LATCHKEY_MAGE_JWT_SECRET,
    sessionDays: read.LATCHKEY_SESSION_DAYS,
    sessionIdleDays: read.LATCHKEY_SESSION_IDLE_DAYS,
    requestsPerMinute: read.LATCHKEY_REQUESTS_PER_MINUTE,
    requestsPerHour: read.LATCHKEY_REQUESTS_PER_HOUR,
    failuresPerMinute: read.LATCHKEY_FAILURES_PER_MINUTE,
    signUpsPerHour: read.LATCHKEY_SIGN_UPS_PER_HOUR,
    keep: {
      sessions: read.LATCHKEY_KEEP_SESSIONS_DAYS,
      webhooks: read.LATCHKEY_KEEP_WEBHOOKS_DAYS,
      runs: read.LATCHKEY_KEEP_RUNS_DAYS,
      audit: read.LATCHKEY_KEEP_AUDIT_DAYS,
      usage: read.LATCHKEY_KEEP_USAGE_DAYS,
    },
    runnerGraceSeconds: read.LATCHKEY_RUNNER_GRACE_SECONDS,
    openSignUp: read.LATCHKEY_OPEN_SIGN_UP,
    development: read.LATCHKEY_DEVELOPMENT,
    keysPerUser: read.LATCHKEY_KEYS_PER_USER,
    leakedKeys: read.LATCHKEY_LEAKED_KEYS,
    githubKeysUrl: read.LATCHKEY_GITHUB_KEYS_URL,
    privateWebhooks: read.LATCHKEY_PRIVATE_WEBHOOKS,
    containerReach: containerReachOf(read),
    publicUrl: read.LATCHKEY_PUBLIC_URL,
    smtpUrl: read.LATCHKEY_SMTP_URL,
    mailFrom: read.LATCHKEY_MAIL_FROM,
    trustedProxies: read.LATCHKEY_TRUSTED_PROXIES,
    corsOrigins: read.LATCHKEY_CORS_ORIGINS,
    hstsSeconds: read.LATCHKEY_HSTS_SECONDS,
    httpsOnly: read.LATCHKEY_HTTPS_ONLY,
    keepAliveSeconds: read.LATCHKEY_KEEP_ALIVE_SECONDS,
    drainSeconds: read.LATCHKEY_DRAIN_SECONDS,
    logLevel: read.LATCHKEY_LOG_LEVEL,
    maxUploadBytes: read.LATCHKEY_MAX_UPLOAD_BYTES,
    uploadTypes: read.LATCHKEY_UPLOAD_TYPES,
    registryUrl: read.LATCHKEY_REGISTRY_URL,
    s3: s3Of(read, given),
    models: modelsOf(read.LATCHKEY_MODELS, given),
  };
}
