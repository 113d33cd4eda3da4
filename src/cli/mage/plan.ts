import { Stop } from '../stop.ts';
import type { Json } from './project_yaml.ts';

/** What a project has that can be here, and what it has that cannot. */
export interface Plan {
  pipelines: PlannedPipeline[];
  left: Left[];
}

/** What is not brought, and why, for people. */
export interface Left {
  what: string;
  why: string;
}

export type Attributes = Record<string, Json>;

export interface PlannedPipeline {
  uuid: string;
  /** From which the server makes that `uuid`. */
  name: string;
  /** The others that a pipeline has and a file may say: only those that it says. */
  attributes: Attributes;
  /** Those before others first. */
  blocks: PlannedBlock[];
  /** The `uuid`s of blocks as the pipeline shows them. */
  order: string[];
  variables: Attributes;
  triggers: PlannedTrigger[];
}

export interface PlannedBlock {
  uuid: string;
  name: string;
  type: string;
  language: string;
  /** Undefined for a copy of another one. */
  content: string | undefined;
  upstream_blocks: string[];
  replicated_block?: string;
  /** What only a change takes. */
  changes: Attributes;
  configuration: { [name: string]: Json };
  color: string | null;
}

export interface PlannedTrigger {
  name: string;
  /** What is sent as it is made; `name` is among them. */
  made: Attributes;
  /** What only a change takes. */
  changes: Attributes;
}

/** The identifier that a server makes of a name (docs/compat/mage.md: Blocks); of a pipeline's, slashes do not survive. */
export function slugOf(name: string, keep = '/'): string {
  const clean = [...name.replace(/[\uFEFF"$\r\n\t]/g, '')]
    .map((sign) => (/[\p{L}\p{N}_]/u.test(sign) || sign === keep ? sign : '_'))
    .join('');
  return (/^\p{Nd}/u.test(clean) ? `letter_${clean}` : clean).toLowerCase();
}

/** The name to make a thing by, so that it is called the same here: its own, where that gives its `uuid`. */
export function nameFor(uuid: string, name: unknown, keep?: string): string {
  return typeof name === 'string' && slugOf(name, keep) === slugOf(uuid, keep) ? name : uuid;
}

/** A dictionary. Throws a `Stop` with this sentence for anything else. */
export function objectOf(value: Json | undefined, sentence: () => string): Attributes {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Stop('usage', sentence());
}

/** Of these attributes those that are there, and are not null. */
export const pick = (from: Attributes, names: readonly string[]): Attributes =>
  Object.fromEntries(
    names.flatMap((name) => (from[name] === undefined || from[name] === null ? [] : [[name, from[name]]])),
  );
