import { expect, it } from 'vitest';
import { createLog } from '../../src/log.ts';
import { forPeople } from '../../src/pretty.ts';

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

it('1: a log line for people has the time, the level, the words and what belongs to them, and moves no cursor', () => {
  let written = '';
  const log = createLog(forPeople({ write: (text) => (written += text) }));
  log.warn({ path: '/a\u001b[2J\u202ex', count: 2 }, 'seen\r\nand forged');
  const [line = '', ...below] = written.trimEnd().split('\n');
  expect(line).toMatch(
    /^\d\d:\d\d:\d\d warn {2}seen\\u000d\\u000aand forged {2}path=\/a\\u001b\[2J\\u202ex {2}count=2$/,
  );
  expect(below).toEqual([]);
  written = '';
  log.error({ err: new Error('no\u0007'), password: 'hunter22' }, 'failed');
  expect(written).toMatch(/^.* error failed {2}password=\[redacted\]\n {4}Error: no\\u0007\n {4} {4}at /);
  expect(written).not.toContain('hunter22');
});

it('1: a level of its own is the least that is logged', () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => void lines.push(line) }, 'error');
  log.warn('not this');
  log.error('this');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['this']);
  expect(log.isLevelEnabled('warn')).toBe(false);
});
