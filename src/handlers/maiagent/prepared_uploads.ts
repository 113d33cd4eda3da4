import { randomUUID } from 'node:crypto';
import { Failure } from '../../contract/failure.ts';
import type { Call, Context } from '../../core/context.ts';
import { credentialOf, standing } from '../../core/credentials/standing.ts';
import { cleanName } from '../../core/files/file_name.ts';
import { keepFile, permittedType, sign } from '../../core/files/index.ts';
import { keyOf } from '../../core/files/reference.ts';
import { checkSignature } from '../../core/files/signature.ts';
import { fileToRead } from '../../core/files/signed_access.ts';
import { atLeast } from '../../core/principal.ts';
import { Download } from '../../wire/download.ts';

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
  /** What whoever asked for it had signed in with. */
  by: string;
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

/**
 * An address and fields to send a file with, in the shape of S3's presigned POST (docs/compat/maiagent.md: Knowledge
 * bases). Throws `invalid`.
 */
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
    const policy = Buffer.from(
      JSON.stringify({ key, file, name, size: body.file_size, by: credentialOf(principal), expires } satisfies Policy),
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

/**
 * Keeps a file that was prepared for. What its fields allow is known before the first byte of it is taken: they come
 * first. Throws `forbidden` for fields that are not ours or good no longer, or whose owner may not upload any more,
 * `invalid`, `too_large`.
 */
export const uploadFile = Object.assign(
  async (context: Context, { body, uploads }: Call<unknown, Form>): Promise<undefined> => {
    const { file: id, name, by } = allowed(context, body);
    const upload = uploads?.file;
    if (!upload) throw wrong('file', 'No file was submitted.');
    const principal = await standing(context.house, by, 'editor');
    await keepFile({ ...context, principal }, upload, { id, name }).catch((thrown: { code?: string }) => {
      throw thrown.code === '23505' ? wrong('key', 'A file was sent with this key already.') : thrown;
    });
  },
  {
    takes(context: Context, fields: Record<string, string>): number {
      const missing = (['key', 'policy', 'x-amz-signature'] as const).filter((name) => fields[name] === undefined);
      const faults = missing.map((name) => ({ path: ['body', name], keyword: 'required', message: 'is required' }));
      if (faults.length > 0) throw new Failure('invalid', 'The fields come before the file.', { reason: { faults } });
      return allowed(context, fields).size;
    },
  },
);

function allowed(
  { house }: Context,
  { key, policy: text = '', 'x-amz-signature': signature = '' }: Partial<Form>,
): Policy {
  const policy = policyOf(text);
  if (policy && policy.key === key && checkSignature(house, purpose, text, policy.expires, signature)) return policy;
  throw new Failure('forbidden', 'These fields were not given here, or they have expired.');
}

function policyOf(text: string): Policy | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Policy;
  } catch {
    return undefined;
  }
}

/** The bytes of a file: for whoever has its address, and for those who may read in its account. Throws `not_found`. */
export const downloadFile = Object.assign(
  async (context: Context, { id = '' }: Call) => new Download(await fileToRead(context, id)),
  {
    permits({ principal }: Context): void {
      if (principal.kind === 'user' && !atLeast('viewer', principal))
        throw new Failure('forbidden', 'You may not read files.');
    },
  },
);

function wrong(field: string, sentence: string): Failure {
  return new Failure('invalid', sentence, { fields: { [field]: [sentence] } });
}
