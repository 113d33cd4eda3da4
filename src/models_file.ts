import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { type Model, modelIdOf, modelKinds } from './core/models/model.ts';

/** What is wrong with a file of models, and where; `line` from 1 on. */
export class ModelsFileFault extends Error {
  constructor(
    readonly path: string,
    readonly line: number | undefined,
    sentence: string,
  ) {
    super(`${path}${line === undefined ? '' : `:${line}`} ${sentence}`);
  }
}

const known = ['name', 'kind', 'base_url', 'model', 'api_key_env', 'context_size'] as const;
type Attribute = (typeof known)[number];

/**
 * The models of a YAML or JSON file (docs/models.md), in its order: the first of each kind is the default. `env` holds the keys.
 * Throws a ModelsFileFault for the first thing that is wrong.
 */
export function readModels(path: string, env: NodeJS.ProcessEnv): Model[] {
  const lines = new LineCounter();
  const document = parseDocument(textOf(path), { lineCounter: lines, prettyErrors: false });
  const wrong = (node: unknown, sentence: string) => {
    const [start] = (node as Node | null)?.range ?? [];
    return new ModelsFileFault(path, start === undefined ? undefined : lines.linePos(start).line, sentence);
  };
  const [error] = document.errors;
  if (error) throw new ModelsFileFault(path, lines.linePos(error.pos[0]).line, `is no YAML: ${error.message}`);
  const root = document.contents;
  const list = isMap(root) ? root.get('models', true) : undefined;
  if (!isMap(root) || !isSeq(list)) throw wrong(root, 'must be {models: [{name, kind, base_url, model}]}');
  refuseOthers(root, ['models'], wrong);
  const models = list.items.map((item) => {
    if (!isMap(item)) throw wrong(item, 'must be a model: {name, kind, base_url, model}');
    return { item, model: modelOf(item, env, wrong) };
  });
  for (const [index, { item, model }] of models.entries()) {
    const twin = models.slice(0, index).some(({ model: { id } }) => id === model.id);
    if (twin) throw wrong(item.get('name', true), `there is another ${model.kind} model of this name`);
  }
  return models.map(({ model }) => model);
}

type Wrong = (node: unknown, sentence: string) => ModelsFileFault;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ModelsFileFault(path, undefined, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function refuseOthers(map: YAMLMap, names: readonly string[], wrong: Wrong) {
  const other = map.items.find(({ key }) => !(isScalar(key) && names.includes(String(key.value))));
  if (other) throw wrong(other.key, `${isScalar(other.key) ? other.key.value : 'this'} is none of ${names.join(', ')}`);
}

function modelOf(item: YAMLMap, env: NodeJS.ProcessEnv, wrong: Wrong): Model {
  refuseOthers(item, known, wrong);
  const value = (name: Attribute) => (item.get(name, true) as { value?: unknown } | undefined)?.value;
  const fault = (name: Attribute, sentence: string) => wrong(item.get(name, true) ?? item, `${name} ${sentence}`);
  const text = (name: Attribute, pattern: RegExp, sentence: string): string => {
    const given = value(name);
    if (typeof given === 'string' && pattern.test(given)) return given;
    throw fault(name, sentence);
  };
  const name = text('name', /^\S(.{0,253}\S)?$/, 'must be a text of 1 to 255 characters');
  const kinds = new RegExp(`^(${modelKinds.join('|')})$`);
  const kind = text('kind', kinds, `must be one of ${modelKinds.join(', ')}`) as Model['kind'];
  const baseUrl = text('base_url', /^https?:\/\/[^\s?#]+$/, 'must be an http or https URL, without a query');
  if (!URL.canParse(baseUrl) || new URL(baseUrl).username)
    throw fault('base_url', 'must be an http or https URL without a user');
  const model = text('model', /^\S.*$/, 'must be what the model is called there');
  const contextSize = value('context_size') ?? 8192;
  if (!Number.isInteger(contextSize) || Number(contextSize) < 256)
    throw fault('context_size', 'must be a whole number of tokens, 256 or more');
  return {
    ...{ id: modelIdOf(kind, name), name, kind, baseUrl: baseUrl.replace(/\/+$/, ''), model },
    contextSize: Number(contextSize),
    ...keyOf(),
  };

  function keyOf() {
    if (!item.has('api_key_env')) return {};
    const variable = text('api_key_env', /^[A-Za-z_]\w*$/, 'must be the name of a variable that holds the key');
    const apiKey = env[variable]?.trim();
    if (!apiKey) throw fault('api_key_env', `names ${variable}, which is not set`);
    if (!/^[\x21-\x7e]+$/.test(apiKey)) throw fault('api_key_env', `names ${variable}, which holds no key`);
    return { apiKey };
  }
}
