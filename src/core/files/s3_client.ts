import { createHash } from 'node:crypto';
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as overHttp } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import type { S3Settings } from '../../s3_settings.ts';
import { machineKeys } from './s3_machine.ts';
import { inside } from './s3_xml.ts';

/** What is asked of a bucket. */
export interface Ask {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** None: the bucket itself. */
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Buffer;
}

/** An answer with status 2xx, its body still to come: read it, or destroy it. */
export interface Answer {
  headers: IncomingHttpHeaders;
  body: IncomingMessage;
}

/** An answer of another status, by S3's own name for it. */
export class Refused extends Error {
  override name = 'Refused';
  readonly status: number;
  readonly code: string;

  constructor(status: number, said: string) {
    const code = inside(said, 'Code') ?? '';
    super(`S3 answered ${status} ${code} ${inside(said, 'Message') ?? ''}`.trim());
    this.status = status;
    this.code = code;
  }
}

/** How often something is asked in all, where the answer may be another the next time. */
const attempts = 3;
/** How long nothing may come; milliseconds. */
const patience = { connect: 5_000, silence: 60_000 };

/** Speaks to one bucket, signed (AWS Signature Version 4). Throws `Refused`, or what went wrong on the way. */
export function s3Client({ bucket, endpoint, region, credentials, machine }: S3Settings) {
  // A download holds one socket for as long as its reader takes.
  const options = { keepAlive: true, maxSockets: 500 };
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
  const base = endpoint ? `${endpoint.replace(/\/+$/, '')}/${bucket}` : amazon(bucket, region);
  const keys = credentials ? async () => credentials : machineKeys(machine ?? {}, region);

  const once = async ({ method, key, query = {}, headers = {}, body }: Ask): Promise<Answer> => {
    const url = new URL(key === undefined ? base : `${base}/${key}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const hash = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const all = { ...headers, 'X-Amz-Content-Sha256': hash };
    const signer = new AwsV4Signer({ ...(await keys()), method, url: url.href, headers: all, service: 's3', region });
    const signed = await signer.sign();
    const answer = await send(signed.url, method, Object.fromEntries(signed.headers), body, agents);
    const { statusCode = 0 } = answer;
    if (statusCode >= 200 && statusCode < 300) return { headers: answer.headers, body: answer };
    throw new Refused(statusCode, await text(answer));
  };

  return {
    async send(ask: Ask): Promise<Answer> {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(ask);
        } catch (error) {
          const isFinal = error instanceof Refused && error.status < 500 && ![408, 429].includes(error.status);
          if (isFinal || attempt === attempts) throw error;
          await wait(Math.random() * 100 * 2 ** attempt);
        }
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: Buffer | undefined,
  agents: Record<string, HttpAgent>,
): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:';
  const length = method === 'PUT' || method === 'POST' ? { 'Content-Length': String(body?.length ?? 0) } : {};
  const options = { method, headers: { ...headers, ...length }, agent: agents[url.protocol] };
  return new Promise((resolve, reject) => {
    const asked = (isTls ? overHttps : overHttp)(url, options, resolve);
    const giveUp = () => asked.destroy(new Error('S3 does not answer'));
    asked.on('error', reject).on('socket', (socket) => {
      if (!socket.connecting) return;
      const connecting = setTimeout(giveUp, patience.connect);
      socket.once('connect', () => clearTimeout(connecting)).once('close', () => clearTimeout(connecting));
    });
    asked.setTimeout(patience.silence, giveUp).end(body);
  });
}

/** Names of buckets are names of hosts at Amazon, but for those with a dot, which no certificate covers. */
function amazon(bucket: string, region: string): string {
  const host = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  return bucket.includes('.') ? `https://${host}/${bucket}` : `https://${bucket}.${host}`;
}
