/** Which fences one connection has heard, for those of this process that wait for them. */
export class FencesHeard {
  /** The newest that was heard: whoever has heard it has heard of all before the older ones as well. */
  newest = 0;
  private own = 0;
  private isOver = false;
  private readonly waiting = new Set<{ fence: number; done: (isHeard: boolean) => void }>();

  /** One that this process has put. It comes twice where there are others: as ours first. */
  hearOwn(fence: number): void {
    this.own = fence;
    this.pass(fence);
  }

  /** One that was put for all; gives whether somebody else has, who has to be told that it was heard. */
  hear(fence: number): boolean {
    this.pass(fence);
    return fence !== this.own;
  }

  /** Nothing that was known before holds any more: nobody waits in vain. */
  end(): void {
    this.isOver = true;
    for (const { done } of this.waiting) done(true);
  }

  /** Whether a fence is heard within so many milliseconds, or all that was known is over. */
  hears(fence: number, patience: number): Promise<boolean> {
    if (this.isOver || this.newest >= fence) return Promise.resolve(true);
    return new Promise((resolve) => {
      const one = {
        fence,
        done: (isHeard: boolean) => {
          clearTimeout(timer);
          this.waiting.delete(one);
          resolve(isHeard);
        },
      };
      const timer = setTimeout(() => one.done(false), patience);
      this.waiting.add(one);
    });
  }

  private pass(fence: number) {
    this.newest = Math.max(this.newest, fence);
    for (const { fence: waited, done } of this.waiting) if (waited <= this.newest) done(true);
  }
}
