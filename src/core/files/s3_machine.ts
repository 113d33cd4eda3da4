import { readFile } from 'node:fs/promises';
import { inside } from './s3_xml.ts';

/** What a request is signed with. */
export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** Keys for a while; milliseconds since 1970. */
type Lent = { keys: Keys; until: number };

/** New keys are asked for when the old ones hold no longer than this; milliseconds. */
const margin = 300_000;
const patience = 5_000;

/**
 * The keys that a machine of Amazon's has been given, where the SDKs look for them: the environment, a role by a web
 * identity (EKS), the container's (ECS, EKS Pod Identity), the machine's (EC2, IMDSv2). Asked for anew before they expire.
 * @param told the environment's variables that begin with `AWS_`
 */
export function machineKeys(told: Record<string, string>, region: string): () => Promise<Keys> {
  let lent: Promise<Lent> | undefined;
  return async () => {
    const there = await lent?.catch(() => undefined);
    if (!there || there.until - Date.now() < margin) lent = find(told, region);
    return (await (lent as Promise<Lent>)).keys;
  };
}

async function find(told: Record<string, string>, region: string): Promise<Lent> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = told;
  if (accessKeyId && secretAccessKey)
    return { keys: { accessKeyId, secretAccessKey, ...(token && { sessionToken: token }) }, until: Infinity };
  if (told.AWS_WEB_IDENTITY_TOKEN_FILE && told.AWS_ROLE_ARN) return webIdentity(told, region);
  const container = told.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
    ? `http://169.254.170.2${told.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI}`
    : told.AWS_CONTAINER_CREDENTIALS_FULL_URI;
  if (container) return lentBy(await ask(container, { headers: await containerToken(told) }));
  return ofMachine();
}

async function containerToken(told: Record<string, string>): Promise<Record<string, string>> {
  const { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file, AWS_CONTAINER_AUTHORIZATION_TOKEN: token } = told;
  const authorization = file ? (await readFile(file, 'utf8')).trim() : token;
  return authorization ? { authorization } : {};
}

async function webIdentity(told: Record<string, string>, region: string): Promise<Lent> {
  const query = new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: told.AWS_ROLE_ARN as string,
    RoleSessionName: told.AWS_ROLE_SESSION_NAME ?? 'latchkey',
    WebIdentityToken: (await readFile(told.AWS_WEB_IDENTITY_TOKEN_FILE as string, 'utf8')).trim(),
  });
  const host = `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const said = await ask(`https://${host}/`, { method: 'POST', body: query });
  const [AccessKeyId, SecretAccessKey, Token, Expiration] = [
    ...['AccessKeyId', 'SecretAccessKey', 'SessionToken', 'Expiration'].map((name) => inside(said, name)),
  ];
  return lentBy(JSON.stringify({ AccessKeyId, SecretAccessKey, Token, Expiration }));
}

async function ofMachine(): Promise<Lent> {
  const base = 'http://169.254.169.254/latest';
  const lifetime = { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' };
  const token = await ask(`${base}/api/token`, { method: 'PUT', headers: lifetime });
  const headers = { 'x-aws-ec2-metadata-token': token };
  const roles = `${base}/meta-data/iam/security-credentials/`;
  const role = (await ask(roles, { headers })).trim().split('\n')[0];
  return lentBy(await ask(roles + role, { headers }));
}

async function ask(url: string, init: RequestInit): Promise<string> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(patience) }).catch((cause) => {
    throw new Error('S3 has no key: set LATCHKEY_S3_ACCESS_KEY_ID and LATCHKEY_S3_SECRET_ACCESS_KEY', { cause });
  });
  // Its words may be a secret's.
  if (!answer.ok) throw new Error(`S3 has no key: ${new URL(url).host} answered ${answer.status}`);
  return answer.text();
}

function lentBy(json: string): Lent {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(json) as Record<string, string | undefined>;
  if (!AccessKeyId || !SecretAccessKey) throw new Error('S3 has no key: this machine has been given none');
  const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, ...(Token && { sessionToken: Token }) };
  return { keys, until: Expiration ? Date.parse(Expiration) : Infinity };
}
