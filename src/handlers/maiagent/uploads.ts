import { randomUUID } from 'node:crypto';
import { keepFile, permittedType, sign } from '../../core/files/index.ts';
import { cleanName } from '../../core/files/name.ts';
import { keyOf } from '../../core/files/reference.ts';
import { checkSignature } from '../../core/files/signature.ts';
import { fileToRead } from '../../core/files/signed.ts';
import { Download } from '../../download.ts';
import type { Call, Context } from '../../endpoint.ts';
import { Failure } from '../../failure.ts';
import { atLeast } from '../../principal.ts';

/** How long a prepared upload is good; seconds. */
const lifetime = 3600;
const purpose = 'upload';

/** What a prepared upload allows; it travels as the form's `policy`. */
interface Policy {
  key: string;
  file: string;
  name: string;
  /** At most, in bytes. */
  size: number;
  account: number;
  user: number;
  /** Unix seconds. */
  expires: number;
}

interface Wish {
  filename: string;
  model_name: string;
  field_name: string;
  file_size: number;
}

/** Whoever may attach may upload. Throws `forbidden`. */
function permits({ principal }: Context): void {
  if (!atLeast('editor', principal)) throw new Failure('forbidden', 'You may not upload files.');
}

/** An address and fields to send a file with, in the shape of S3's presigned POST (wire/maiagent.md §2.3). Throws `invalid`. */
export const createPresignedUpload = Object.assign(
  async ({ house, principal, asker }: Context, { body }: Call<unknown, Wish>) => {
    if (principal.kind !== 'user') throw new Failure('forbidden', 'Only a user may upload files.');
    const name = cleanName(body.filename);
    if (!permittedType(house.config, name)) throw wrong('filename', 'Files of this type are not taken here.');
    const most = house.config.maxUploadBytes;
    if (body.file_size > most) throw wrong('file_size', `Ensure this value is less than or equal to ${most}.`);
    const file = randomUUID();
    const key = keyOf(body.model_name, file, name);
    const expires = Math.floor(Date.now() / 1000) + lifetime;
    const { userId: user, accountId: account } = principal;
    const policy = Buffer.from(
      JSON.stringify({ key, file, name, size: body.file_size, account, user, expires } satisfies Policy),
    ).toString('base64url');
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    return {
      url: `${asker.origin}/api/v1/upload/`,
      fields: {
        key,
        'x-amz-algorithm': 'LATCHKEY-HMAC-SHA256',
        'x-amz-credential': `latchkey/${date.slice(0, 8)}/${purpose}`,
        'x-amz-date': date,
        policy,
        'x-amz-signature': sign(house, purpose, policy, expires),
      },
    };
  },
  { permits },
);

interface Form {
  key: string;
  policy: string;
  'x-amz-signature': string;
}

/** Keeps a file that was prepared for. Throws `forbidden` for fields that are not ours or good no longer, `invalid`, `too_large`. */
export async function uploadFile(context: Context, { body, uploads }: Call<unknown, Form>): Promise<undefined> {
  const policy = policyOf(body.policy);
  const isGood =
    policy &&
    policy.key === body.key &&
    checkSignature(context.house, purpose, body.policy, policy.expires, body['x-amz-signature']);
  if (!isGood) throw new Failure('forbidden', 'These fields were not given here, or they have expired.');
  const upload = uploads?.file;
  if (!upload) throw wrong('file', 'No file was submitted.');
  if (upload.size > policy.size)
    throw new Failure('too_large', `The file is larger than the ${policy.size} bytes that were asked for.`);
  const principal = { kind: 'user' as const, userId: policy.user, accountId: policy.account, roles: [] };
  await keepFile({ ...context, principal }, upload, { id: policy.file, name: policy.name }).catch(
    (thrown: { code?: string }) => {
      throw thrown.code === '23505' ? wrong('key', 'A file was sent with this key already.') : thrown;
    },
  );
}

function policyOf(text: string): Policy | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Policy;
  } catch {
    return undefined;
  }
}

/** The bytes of a file. Throws `not_found`. */
export async function downloadFile(context: Context, { id = '' }: Call): Promise<Download> {
  return new Download(await fileToRead(context, id));
}

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
