import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import { cleanEnv } from 'envalid';
import leven from 'leven';
import { weaknessOf } from './core/credentials/strength.ts';
import type { Model } from './core/models/model.ts';
import type { Reach } from './core/webhooks/addresses.ts';
import { Mistake } from './mistake.ts';
import { ModelsFileFault, readModels } from './models_file.ts';
import { type S3Settings, s3Of } from './s3_settings.ts';
import type { LogLevel } from './setting_kinds.ts';
import { settings } from './settings_table.ts';

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
  keep: { sessions: number; webhooks: number; runs: number; audit: number; usage: number; conversations: number };
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
      conversations: read.LATCHKEY_KEEP_CONVERSATIONS_DAYS,
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
