import { expect, it } from 'vitest';
import { writeJsonLine } from '../../src/contract/json.ts';

it('what others take for the end of a line stands in JSON as an escape, and is read as it was', () => {
  const text = 'a\u0085b\u2028c\u2029d\n\u3000é\\u2028';
  const line = writeJsonLine({ text });
  expect(line).toBe('{"text":"a\\u0085b\\u2028c\\u2029d\\n\u3000é\\\\u2028"}');
  expect(JSON.parse(line)).toEqual({ text });
});
