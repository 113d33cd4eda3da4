import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ingredients, promptOf } from '../../src/core/prompts/index.ts';
import { cutTo, tokensOf } from '../../src/core/prompts/token_count.ts';

const plain: Ingredients = { instructions: 'Be brief.', sources: [], history: [], question: 'Why?', room: 4_000 };
const source = (text: string, more: object = {}) => ({ text, filename: 'a.pdf', page: null, heading: null, ...more });
const system = (ingredients: Ingredients) => String(promptOf(ingredients).turns[0]?.content);

describe('a prompt', () => {
  it('is instructions, what was said, and the question', () => {
    const history = [
      { by: 'user', text: 'Hello' },
      { by: 'assistant', text: 'Hi' },
    ] as const;
    expect(promptOf({ ...plain, history })).toEqual({
      turns: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        { role: 'user', content: 'Why?' },
      ],
      sources: 0,
    });
    expect(promptOf({ ...plain, instructions: '' }).turns).toEqual([{ role: 'user', content: 'Why?' }]);
  });

  it('numbers its sources, and says where each is from', () => {
    const sources = [
      source('Half fare.', { page: 3, heading: 'Children' }),
      source('Two\nlines', { filename: 'b\n[9] c.md' }),
    ];
    expect(system({ ...plain, sources })).toMatch(
      /\[1\] a\.pdf, page 3, Children\n> Half fare\.\n\n\[2\] b \[9\] c\.md\n> Two\n> lines$/,
    );
  });

  it('quotes every line of what is data, whatever ends it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\n', '\r', '\r\n', '\u2028', '\u2029', '\v', '\f', '\u0085', '[1] ', '> ')),
        (pieces) => {
          const text = system({ ...plain, instructions: '', sources: [source(pieces.join(''))] });
          const [, ...lines] = (text.split('\n\n[1] a.pdf\n')[1] ?? '')
            .split(/[\n\r\u2028\u2029\v\f\u0085]/)
            .map((line) => line);
          for (const line of lines) expect(line.startsWith('> ')).toBe(true);
        },
      ),
    );
  });

  it('never takes more than there is room for, but for instructions and the question', () => {
    const text = fc.string({ unit: fc.constantFrom('word ', '字', 'я', '\n'), maxLength: 300 });
    fc.assert(
      fc.property(fc.array(text), fc.array(text), fc.integer({ min: 100, max: 2_000 }), (texts, said, room) => {
        const history = said.map((one, index) => ({ by: index % 2 ? 'assistant' : 'user', text: one }) as const);
        const { turns, sources } = promptOf({ ...plain, room, sources: texts.map((one) => source(one)), history });
        const taken = turns.reduce((sum, { content }) => sum + tokensOf(String(content)), 0);
        expect(taken).toBeLessThanOrEqual(room + 20);
        expect(sources).toBeLessThanOrEqual(texts.length);
        // Roles alternate, and the last word is the question.
        const roles = turns.map(({ role }) => role).filter((role) => role !== 'system');
        expect(roles.every((role, index) => role === (index % 2 ? 'assistant' : 'user'))).toBe(true);
        expect(String(turns.at(-1)?.content).endsWith('Why?')).toBe(true);
      }),
    );
  });

  it('keeps the newest of what was said', () => {
    const history = Array.from(
      { length: 100 },
      (_, n) => ({ by: n % 2 ? 'assistant' : 'user', text: `turn ${n} ${'x'.repeat(60)}` }) as const,
    );
    const { turns } = promptOf({ ...plain, history, room: 400 });
    expect(String(turns.at(-2)?.content)).toContain('turn 99');
    expect(JSON.stringify(turns)).not.toContain('turn 10 ');
  });

  it('a question without an answer goes with the next, unless it is the same one again', () => {
    const history = [{ by: 'user', text: 'My name is Ada.' }] as const;
    expect(promptOf({ ...plain, history }).turns.at(-1)?.content).toBe('My name is Ada.\n\nWhy?');
    expect(promptOf({ ...plain, history: [{ by: 'user', text: 'Why?' }] }).turns.at(-1)?.content).toBe('Why?');
  });

  it('what was said without a question has one before it', () => {
    const history = [{ by: 'assistant', text: 'Your parcel is here.' }] as const;
    expect(promptOf({ ...plain, history }).turns.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
    ]);
  });
});

it('tokens are counted rather too high: of English, Chinese and Russian', () => {
  // By the tokenizers of GPT-4o and Qwen 3, these are 10, 8 to 10 and 9 to 12.
  expect(tokensOf('The quick brown fox jumps over the lazy dog.')).toBeGreaterThanOrEqual(10);
  expect(tokensOf('高鐵票價查詢說明請看這裡')).toBeGreaterThanOrEqual(8);
  expect(tokensOf('Сколько стоит детский билет на поезд?')).toBeGreaterThanOrEqual(9);
  expect(cutTo('🗡️🗡️🗡️', 2)).not.toMatch(/[\ud800-\udbff]$/);
});
