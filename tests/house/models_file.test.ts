import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'models-'));
const file = (text: string, name = 'models.yaml') => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const read = (text: string, env: Record<string, string> = {}) =>
  readConfig({ LATCHKEY_MODELS: file(text), ...env }).models;

const good = `
models:
  - { name: Qwen 3, kind: chat, base_url: "http://127.0.0.1:11434/v1/", model: "qwen3:4b", context_size: 4096 }
  - name: BGE
    kind: embedding
    base_url: https://models.example.com/v1
    model: bge-m3
    api_key_env: BGE_KEY
`;

it('models are read in their order, from YAML and from JSON, with the keys of the environment', () => {
  const models = read(good, { BGE_KEY: ' sk-1 ' });
  expect(models).toEqual([
    {
      ...{ id: expect.stringMatching(/^[\da-f-]{36}$/), name: 'Qwen 3', kind: 'chat', model: 'qwen3:4b' },
      ...{ baseUrl: 'http://127.0.0.1:11434/v1', contextSize: 4096 },
    },
    {
      ...{ id: expect.stringMatching(/^[\da-f-]{36}$/), name: 'BGE', kind: 'embedding', model: 'bge-m3' },
      ...{ baseUrl: 'https://models.example.com/v1', contextSize: 8192, apiKey: 'sk-1' },
    },
  ]);
  // The id is of the kind and the name alone, so that chatbots keep their model wherever it runs.
  const moved = JSON.stringify({
    models: [{ name: 'Qwen 3', kind: 'chat', base_url: 'https://elsewhere.test', model: 'other' }],
  });
  expect(read(moved)[0]?.id).toBe(models[0]?.id);
  expect(readConfig({}).models).toEqual([]);
  expect(read('models: []')).toEqual([]);
});

it.each<[string, string, number | undefined, string]>([
  ['no YAML', 'models: [', 1, 'is no YAML'],
  ['no list', 'model: 1', 1, 'must be {models:'],
  ['another word', 'models: []\nfallback: x', 2, 'fallback is none of models'],
  ['no model', 'models:\n  - 7', 2, 'must be a model'],
  ['no name', 'models:\n  - kind: chat', 2, 'name must be'],
  ['another kind', good.replace('embedding', 'images'), 5, 'kind must be one of chat, embedding, rerank'],
  ['another attribute', `${good}    token: hunter2\n`, 9, 'token is none of'],
  ['no URL', good.replace('https://models.example.com/v1', 'models'), 6, 'base_url must be'],
  ['a user in the URL', good.replace('https://', 'https://u:hunter2@'), 6, 'base_url must be'],
  ['no key', good, 8, 'api_key_env names BGE_KEY, which is not set'],
  ['a key for its name', good.replace('BGE_KEY', 'sk-hunter2'), 8, 'api_key_env must be the name of a variable'],
  ['a size that is none', good.replace('4096', 'large'), 3, 'context_size must be'],
  [
    'a name twice',
    good.replace('kind: embedding', 'kind: chat').replace('name: BGE', 'name: Qwen 3'),
    4,
    'another chat model',
  ],
])('%s is told by line, and ends the start with exit code 2', (name, text, line, sentence) => {
  const env = name === 'no key' || name === 'a key for its name' ? {} : { BGE_KEY: 'sk-1' };
  const path = join(folder, 'models.yaml');
  const fault = expect.objectContaining({
    exitCode: 2,
    message: expect.stringMatching(
      new RegExp(`^LATCHKEY_MODELS: ${path}:${line} .*${sentence.replace(/[{[]/g, '\\$&')}`),
    ),
  });
  let thrown: unknown;
  try {
    read(text, env);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toEqual(fault);
  expect(String(thrown)).not.toContain('hunter2');
});

it('a file that is not there is told', () => {
  expect(() => readConfig({ LATCHKEY_MODELS: join(folder, 'none.yaml') })).toThrow(
    /none\.yaml cannot be read \(ENOENT\)/,
  );
});
