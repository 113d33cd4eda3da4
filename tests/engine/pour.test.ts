import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it, vi } from 'vitest';
import { poured } from '../support/poured.ts';

/** A source of so many pieces; counts those that were asked for, and whether it has ended. */
function sourceOf(count: number, piece: string) {
  const said = { pieces: 0, ended: false };
  async function* source(): AsyncGenerator<string, void> {
    try {
      for (; said.pieces < count; said.pieces += 1) yield piece;
    } finally {
      said.ended = true;
    }
  }
  return { said, flow: { source: source(), close: vi.fn(), still: '.', silence: 60_000 } };
}

const large = 'x'.repeat(64 * 1024);

it('says all of it, and closes the source', async () => {
  const { flow } = sourceOf(3, 'é\n');
  const { answer, over } = await poured(flow);
  expect(await text(answer)).toBe('é\né\né\n');
  expect(await over).toBeUndefined();
  await vi.waitFor(() => expect(flow.close).toHaveBeenCalled());
});

it('asks for no more than a reader takes, and goes on when it reads', async () => {
  const { said, flow } = sourceOf(1_000, large);
  const { answer, over } = await poured(flow);
  await vi.waitFor(() => expect(said.pieces).toBeGreaterThan(0));
  let before = -1;
  await vi.waitFor(
    () => {
      const now = said.pieces;
      const stands = now === before;
      before = now;
      expect(stands).toBe(true);
    },
    { timeout: 5_000, interval: 200 },
  );
  expect(before).toBeLessThan(900);
  expect((await text(answer)).length).toBe(1_000 * large.length);
  expect(await over).toBeUndefined();
});

it('leaves a reader who has stopped reading', async () => {
  const { said, flow } = sourceOf(1_000, large);
  const { over } = await poured(flow, 100);
  expect(await over).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  expect(said.ended).toBe(true);
  expect(flow.close).toHaveBeenCalled();
});

it('closes the source where it is, once the reader has left', async () => {
  let end = () => {};
  async function* source(): AsyncGenerator<string, void> {
    yield 'begun';
    await new Promise<void>((resolve) => (end = resolve));
    yield 'unheard';
  }
  const close = vi.fn(() => end());
  const { answer, over } = await poured({ source: source(), close, still: '.', silence: 60_000 });
  await once(answer, 'data');
  answer.destroy();
  expect(await over).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  expect(close).toHaveBeenCalledTimes(1);
});

it('says that it is there while there is nothing to say', async () => {
  async function* source(): AsyncGenerator<string, void> {
    yield 'a';
    await new Promise((resolve) => setTimeout(resolve, 300));
    yield 'b';
  }
  const { answer } = await poured({ source: source(), close() {}, still: '.', silence: 50 });
  expect(await text(answer)).toMatch(/^a\.{2,6}b$/);
});

it('what the source throws is thrown', async () => {
  async function* source(): AsyncGenerator<string, void> {
    yield 'a';
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error('broken');
  }
  const close = vi.fn();
  const { over } = await poured({ source: source(), close, still: '.', silence: 60_000 });
  expect(await over).toEqual(new Error('broken'));
  await vi.waitFor(() => expect(close).toHaveBeenCalled());
});
