import { Mistake } from './mistake.ts';
import type { settings } from './settings_table.ts';

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

/** The S3 that the operator chose, whole or not at all. */
export function s3Of(
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
