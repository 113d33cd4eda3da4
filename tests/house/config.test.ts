import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { Mistake } from '../../src/mistake.ts';
import { settings } from '../../src/settings_table.ts';

const refusal = (env: NodeJS.ProcessEnv) => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof Mistake) return error;
  }
  throw new Error(`${JSON.stringify(env)} was taken`);
};

/** A file that names one model; gives its path. */
function modelsFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'models-')), 'models.yaml');
  writeFileSync(path, 'models: [{ name: a, kind: chat, base_url: "http://127.0.0.1:1/v1", model: a }]');
  return path;
}

describe('settings', () => {
  it.each(['127.0.0.1:80', 'localhost:80', 'http://localhost', 'a/b', 'a b', '[::1]', '[::1]:80'])(
    'C: HOST=%s is no host: the sentence says where its port goes',
    (HOST) => {
      const { message, exitCode } = refusal({ HOST });
      expect([message, exitCode]).toEqual([
        'HOST must be an address or a name, without a scheme, a path, brackets or a port: the port is PORT',
        2,
      ]);
    },
  );

  it.each(['127.0.0.1', '::1', '::', '0.0.0.0', 'fe80::1%eth0', 'localhost', 'my-host.example', '::ffff:127.0.0.1'])(
    'C: HOST=%s is one',
    (HOST) => expect(readConfig({ HOST }).host).toBe(HOST),
  );

  it.each([
    ['LATCHKEY_PORT', 'PORT'],
    ['LATCHKEY_HOST', 'HOST'],
    ['LATCHKEY_DATABASE_URL', 'DATABASE_URL'],
    ['LATCHKEY_REQUIRE_USER_AUTHENTICATION', 'REQUIRE_USER_AUTHENTICATION'],
    ['LATCHKEY_DATTA', 'LATCHKEY_DATA'],
  ])('C: %s is no setting, and %s is meant', (name, meant) => {
    expect(refusal({ [name]: '1' }).message).toBe(`${name} is no setting: did you mean ${meant}?`);
  });

  it('1: LATCHKEY_LOG_LEVEL is a level by its name, and no other word', () => {
    expect(readConfig({ LATCHKEY_LOG_LEVEL: 'debug' }).logLevel).toBe('debug');
    expect(refusal({ LATCHKEY_LOG_LEVEL: 'loud' }).message).toBe(
      'LATCHKEY_LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent',
    );
  });

  it('have the documented defaults', () => {
    expect(readConfig({})).toEqual({
      host: 'localhost',
      port: 6789,
      databaseUrl: undefined,
      statementSeconds: 15,
      data: resolve('.latchkey'),
      owner: { email: 'owner@localhost', username: 'owner', password: undefined },
      secret: undefined,
      nextSecret: undefined,
      passwordLength: 8,
      keysPerUser: 10,
      leakedKeys: 'revoke',
      githubKeysUrl: 'https://api.github.com/meta/public_keys/secret_scanning',
      applicationKey: undefined,
      requireUserAuthentication: true,
      accessTokenSeconds: 2_592_000,
      mageSecret: undefined,
      sessionDays: 30,
      sessionIdleDays: 7,
      requestsPerMinute: 100,
      requestsPerHour: 1000,
      failuresPerMinute: 100,
      signUpsPerHour: 30,
      keep: { sessions: 30, webhooks: 30, runs: 90, audit: 400, usage: 400, conversations: 0 },
      runnerGraceSeconds: 60,
      openSignUp: false,
      development: false,
      privateWebhooks: false,
      processes: 1,
      containerReach: 'machine',
      registryUrl: 'localhost:5000',
      publicUrl: undefined,
      smtpUrl: undefined,
      mailFrom: undefined,
      trustedProxies: undefined,
      corsOrigins: ['*'],
      httpsOnly: false,
      hstsSeconds: 0,
      keepAliveSeconds: 75,
      drainSeconds: undefined,
      logLevel: undefined,
      maxUploadBytes: 104_857_600,
      uploadTypes: expect.arrayContaining(['pdf', 'docx', 'jsonl', 'png', 'mp3', 'mp4']),
      s3: undefined,
      models: [],
    });
  });

  it('are all taken when they are right', () => {
    const env = {
      HOST: '::1',
      PORT: '0',
      DATABASE_URL: 'postgresql://a:b@db.example:5433/c',
      LATCHKEY_STATEMENT_SECONDS: '0',
      LATCHKEY_DATA: '/srv/latchkey',
      LATCHKEY_OWNER_EMAIL: 'ada@example.com',
      LATCHKEY_OWNER_USERNAME: 'ada',
      LATCHKEY_OWNER_PASSWORD: '8 or more',
      LATCHKEY_APPLICATION_KEY: 'freshapplicationkey000000000000000000000',
      REQUIRE_USER_AUTHENTICATION: 'F',
      MAGE_ACCESS_TOKEN_EXPIRY_TIME: '60',
      LATCHKEY_MAGE_JWT_SECRET: 'sixteen letters.',
      LATCHKEY_SESSION_DAYS: '90',
      LATCHKEY_SESSION_IDLE_DAYS: '0',
      LATCHKEY_REQUESTS_PER_MINUTE: '0',
      LATCHKEY_REQUESTS_PER_HOUR: '5',
      LATCHKEY_OPEN_SIGN_UP: '1',
      LATCHKEY_DEVELOPMENT: 'true',
      LATCHKEY_PRIVATE_WEBHOOKS: 't',
      LATCHKEY_PROCESSES: '3',
      LATCHKEY_PRIVATE_CONTAINERS: 'true',
      LATCHKEY_REGISTRY_URL: 'registry.example.com:5000/team',
      LATCHKEY_PUBLIC_URL: 'https://Keys.Example.com:8443/',
      LATCHKEY_SMTP_URL: 'smtps://ada:p%40ss@mail.example.com:465',
      LATCHKEY_MAIL_FROM: 'keys@example.com',
      LATCHKEY_TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::1',
      LATCHKEY_CORS_ORIGINS: 'https://app.example, http://localhost:3000',
      LATCHKEY_HTTPS_ONLY: 'true',
      LATCHKEY_HSTS_SECONDS: '31536000',
      LATCHKEY_KEEP_ALIVE_SECONDS: '5',
      LATCHKEY_DRAIN_SECONDS: '0',
      LATCHKEY_MAX_UPLOAD_BYTES: '1',
      LATCHKEY_UPLOAD_TYPES: 'pdf, .TXT',
      LATCHKEY_S3_BUCKET: 'files.example',
      LATCHKEY_S3_ENDPOINT: 'https://s3.example:9000',
      LATCHKEY_S3_REGION: 'eu-west-1',
      LATCHKEY_PASSWORD_LENGTH: '9',
      LATCHKEY_KEYS_PER_USER: '25',
      LATCHKEY_LEAKED_KEYS: 'flag',
      LATCHKEY_GITHUB_KEYS_URL: 'https://github.example.com/keys',
      LATCHKEY_KEEP_SESSIONS_DAYS: '1',
      LATCHKEY_KEEP_WEBHOOKS_DAYS: '2',
      LATCHKEY_KEEP_RUNS_DAYS: '0',
      LATCHKEY_KEEP_AUDIT_DAYS: '3',
      LATCHKEY_KEEP_USAGE_DAYS: '3',
      LATCHKEY_KEEP_CONVERSATIONS_DAYS: '4',
      LATCHKEY_RUNNER_GRACE_SECONDS: '5',
      LATCHKEY_FAILURES_PER_MINUTE: '7',
      LATCHKEY_SIGN_UPS_PER_HOUR: '0',
      LATCHKEY_SECRET: 'a secret of thirty-two characters',
      LATCHKEY_NEXT_SECRET: 'another of thirty-two characters!',
      LATCHKEY_S3_ACCESS_KEY_ID: 'AKIA',
      LATCHKEY_S3_SECRET_ACCESS_KEY: 'a/b+c=',
      LATCHKEY_LOG_LEVEL: 'WARN',
      LATCHKEY_MODELS: modelsFile(),
    };
    expect(Object.keys(env).sort()).toEqual(Object.keys(settings).sort());
    expect(readConfig(env)).toEqual({
      logLevel: 'warn',
      host: '::1',
      port: 0,
      databaseUrl: env.DATABASE_URL,
      statementSeconds: 0,
      data: '/srv/latchkey',
      secret: env.LATCHKEY_SECRET,
      nextSecret: env.LATCHKEY_NEXT_SECRET,
      owner: { email: 'ada@example.com', username: 'ada', password: '8 or more' },
      passwordLength: 9,
      keysPerUser: 25,
      leakedKeys: 'flag',
      githubKeysUrl: 'https://github.example.com/keys',
      applicationKey: env.LATCHKEY_APPLICATION_KEY,
      requireUserAuthentication: false,
      accessTokenSeconds: 60,
      mageSecret: 'sixteen letters.',
      sessionDays: 90,
      sessionIdleDays: 0,
      requestsPerMinute: 0,
      requestsPerHour: 5,
      failuresPerMinute: 7,
      signUpsPerHour: 0,
      keep: { sessions: 1, webhooks: 2, runs: 0, audit: 3, usage: 3, conversations: 4 },
      runnerGraceSeconds: 5,
      openSignUp: true,
      development: true,
      privateWebhooks: true,
      processes: 3,
      containerReach: 'anywhere',
      registryUrl: 'registry.example.com:5000/team',
      publicUrl: 'https://keys.example.com:8443',
      smtpUrl: 'smtps://ada:p%40ss@mail.example.com:465',
      mailFrom: 'keys@example.com',
      trustedProxies: 'loopback, 10.0.0.0/8,2001:db8::1',
      corsOrigins: ['https://app.example', 'http://localhost:3000'],
      httpsOnly: true,
      hstsSeconds: 31_536_000,
      keepAliveSeconds: 5,
      drainSeconds: 0,
      maxUploadBytes: 1,
      uploadTypes: ['pdf', 'txt'],
      s3: {
        bucket: 'files.example',
        endpoint: 'https://s3.example:9000',
        region: 'eu-west-1',
        credentials: { accessKeyId: 'AKIA', secretAccessKey: 'a/b+c=' },
      },
      models: [expect.objectContaining({ name: 'a', contextSize: 8192 })],
    });
  });

  it.each([
    ['materia', /published/],
    [' Materia ', /published/],
    ['fifteen letters', /16 characters or more/],
  ])('B22: refuse %j as the secret of raw tokens', (LATCHKEY_MAGE_JWT_SECRET, sentence) => {
    expect(() => readConfig({ LATCHKEY_MAGE_JWT_SECRET })).toThrow(sentence);
  });

  it('refuse LATCHKEY_HTTPS_ONLY where no proxy is trusted: nothing would come by https', () => {
    const env = { LATCHKEY_HTTPS_ONLY: 'true' };
    expect(() => readConfig(env)).toThrow('LATCHKEY_HTTPS_ONLY needs LATCHKEY_TRUSTED_PROXIES');
    expect(readConfig({ ...env, LATCHKEY_TRUSTED_PROXIES: 'loopback' }).httpsOnly).toBe(true);
  });

  it('choose S3 by a bucket alone: of Amazon, with what the machine has been given', () => {
    const s3 = { bucket: 'files', endpoint: undefined, region: 'us-east-1', credentials: undefined };
    expect(readConfig({ LATCHKEY_S3_BUCKET: 'files' }).s3).toEqual(s3);
  });

  it.each([
    [{ LATCHKEY_S3_ENDPOINT: 'http://hunter2' }, 'LATCHKEY_S3_ENDPOINT', 'LATCHKEY_S3_BUCKET'],
    [{ LATCHKEY_S3_REGION: 'hunter2' }, 'LATCHKEY_S3_REGION', 'LATCHKEY_S3_BUCKET'],
    ...['LATCHKEY_S3_ACCESS_KEY_ID', 'LATCHKEY_S3_SECRET_ACCESS_KEY'].flatMap((name, index, both) => {
      const other = both[1 - index] as string;
      return [
        [{ [name]: 'hunter2' }, name, other],
        [{ [name]: 'hunter2', LATCHKEY_S3_BUCKET: 'files' }, name, other],
      ] as const;
    }),
    [
      { LATCHKEY_S3_ACCESS_KEY_ID: 'hunter2', LATCHKEY_S3_SECRET_ACCESS_KEY: 'hunter2' },
      'LATCHKEY_S3_ACCESS_KEY_ID',
      'LATCHKEY_S3_BUCKET',
    ],
  ] as const)('refuse half of S3 in one line with exit code 2 (%#)', (env, given, missing) => {
    const { message, exitCode } = refusal(env);
    expect(message).toBe(`${given} needs ${missing}: set both, or neither`);
    expect(exitCode).toBe(2);
  });

  it('count as not given when they are empty', () => {
    const empty = Object.fromEntries(Object.keys(settings).map((name) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it('5: take no notice of what clients read', () => {
    expect(readConfig({ LATCHKEY_URL: 'http://localhost:1', LATCHKEY_API_KEY: 'x' })).toEqual(readConfig({}));
  });

  it.each<[NodeJS.ProcessEnv, string]>([
    [{}, 'machine'],
    [{ HOST: 'localhost' }, 'machine'],
    [{ HOST: '::1' }, 'machine'],
    [{ LATCHKEY_PRIVATE_CONTAINERS: 'false' }, 'public'],
    [{ HOST: '0.0.0.0' }, 'public'],
    [{ HOST: '192.0.2.1' }, 'public'],
    [{ LATCHKEY_PUBLIC_URL: 'https://keys.example.com' }, 'public'],
    [{ LATCHKEY_TRUSTED_PROXIES: 'loopback' }, 'public'],
    [{ LATCHKEY_OPEN_SIGN_UP: 'true' }, 'public'],
    [{ HOST: '0.0.0.0', LATCHKEY_PRIVATE_CONTAINERS: 'true' }, 'anywhere'],
  ])('4: with %j, containers may be at addresses that are %s', (env, reach) => {
    expect(readConfig(env).containerReach).toBe(reach);
  });

  it('each say what they mean', () => {
    for (const { desc } of Object.values(settings)) expect(desc).toMatch(/^.{20,}\.$/);
  });

  it.each([
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['PORT', '1e3'],
    ['DATABASE_URL', 'mysql://user:hunter22@host/db'],
    ['DATABASE_URL', 'postgres://user:hunter22@ho st/db'],
    ['LATCHKEY_OWNER_EMAIL', 'nobody'],
    ['LATCHKEY_OWNER_USERNAME', 'two words'],
    ['LATCHKEY_OWNER_PASSWORD', 'hunter2'],
    ['LATCHKEY_APPLICATION_KEY', 'hunter2 hunter2 hunter2'],
    ['LATCHKEY_APPLICATION_KEY', 'hunter2'],
    ['LATCHKEY_REGISTRY_URL', 'https://hunter2.example.com'],
    ['REQUIRE_USER_AUTHENTICATION', 'yes'],
    ['MAGE_ACCESS_TOKEN_EXPIRY_TIME', '0'],
    ['MAGE_ACCESS_TOKEN_EXPIRY_TIME', '1.5'],
    ['LATCHKEY_PUBLIC_URL', 'keys.example.com'],
    ['LATCHKEY_SMTP_URL', 'mail.example.com:587'],
    ['LATCHKEY_SMTP_URL', 'https://mail.example.com'],
    ['LATCHKEY_SMTP_URL', 'smtp://ada:hunter2@mail.example.com/inbox'],
    ['LATCHKEY_MAIL_FROM', 'keys'],
    ['LATCHKEY_PUBLIC_URL', 'https://keys.example.com/hunter2'],
    ['LATCHKEY_PUBLIC_URL', 'https://ada:hunter2@keys.example.com'],
    ['LATCHKEY_PUBLIC_URL', 'ftp://keys.example.com'],
    ['LATCHKEY_TRUSTED_PROXIES', 'hunter2'],
    ['LATCHKEY_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['LATCHKEY_CORS_ORIGINS', 'hunter2'],
    ['LATCHKEY_CORS_ORIGINS', 'https://app.example/hunter2'],
    ['LATCHKEY_HSTS_SECONDS', '-1'],
    ['LATCHKEY_KEEP_ALIVE_SECONDS', '0'],
    ['LATCHKEY_DRAIN_SECONDS', '5s'],
    ['LATCHKEY_MAX_UPLOAD_BYTES', '0'],
    ['LATCHKEY_MAX_UPLOAD_BYTES', '100MB'],
    ['LATCHKEY_UPLOAD_TYPES', 'pdf,,txt'],
    ['LATCHKEY_UPLOAD_TYPES', 'application/pdf'],
    ['LATCHKEY_S3_BUCKET', 'a/hunter2'],
    ['LATCHKEY_S3_ENDPOINT', 's3.example'],
    ['LATCHKEY_S3_ENDPOINT', 'https://ada:hunter2@s3.example'],
    ['LATCHKEY_S3_REGION', 'hunter2 hunter2'],
    ['LATCHKEY_S3_ACCESS_KEY_ID', 'hunter2 hunter2'],
    ['LATCHKEY_S3_SECRET_ACCESS_KEY', 'hunter2 hunter2'],
  ])('refuse a bad %s (%s) in one line with exit code 2, and never repeat its value', (name, value) => {
    const { message, exitCode } = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name} must .+$`));
    expect(message).not.toContain('hunter2');
    expect(exitCode).toBe(2);
  });

  it('refuse an unknown LATCHKEY_ name, and name the nearest real one', () => {
    const { message, exitCode } = refusal({ LATCHKEY_OWNER_PASWORD: 'hunter22' });
    expect(message).toBe('LATCHKEY_OWNER_PASWORD is no setting: did you mean LATCHKEY_OWNER_PASSWORD?');
    expect(exitCode).toBe(2);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.evil.example', '1270.0.0.1'])(
    'refuse to open the door beyond loopback (%s)',
    (HOST) => {
      const { message, exitCode } = refusal({ HOST, REQUIRE_USER_AUTHENTICATION: 'false' });
      expect(message).toMatch(/loopback/);
      expect(exitCode).toBe(2);
    },
  );

  it.each(['127.0.0.1', '127.8.8.8', '::1', 'localhost'])('may open the door on loopback (%s)', (HOST) => {
    expect(readConfig({ HOST, REQUIRE_USER_AUTHENTICATION: '0' }).requireUserAuthentication).toBe(false);
  });
});
