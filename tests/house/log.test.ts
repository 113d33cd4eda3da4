import { expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';

function logged(object: object) {
  const lines: string[] = [];
  createLog({ write: (line) => void lines.push(line) }).info(object, 'said');
  return lines;
}

it.each(['Authorization', 'cookie', 'x-api-key', 'oauth-token', 'api_key', 'password', 'token', 'databaseUrl'])(
  'a log line does not hold what is called %s, however deep it stands',
  (name) => {
    const error = Object.assign(new Error('no'), { config: { headers: { [name]: 'hunter22' } } });
    const [line = ''] = logged({ [name]: 'hunter22', request: { headers: [{ [name]: 'hunter22' }] }, err: error });
    expect(line).not.toContain('hunter22');
    expect(JSON.parse(line)).toMatchObject({ [name]: '[redacted]', err: { message: 'no' } });
  },
);

it('a log line stays one line without control characters, whatever is in it', () => {
  const lines = logged({ note: 'a\r\n{"level":50}\u001b[31m', err: new Error('b\nc') });
  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).toMatch(/^[^\p{Cc}]+$/u);
});

it('a log line survives what refers to itself', () => {
  const self: Record<string, unknown> = { name: 'loop' };
  self.self = self;
  expect(JSON.parse(logged({ self })[0] ?? '')).toMatchObject({ self: { name: 'loop' } });
});
