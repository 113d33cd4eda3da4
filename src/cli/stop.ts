/** What the program ends with: scripts may rely on it (docs/cli.md). */
export const exitCodes = { ok: 0, refused: 1, usage: 2, unauthenticated: 3, notFound: 4, interrupted: 130 } as const;

/** Ends the program with one line for its user, and this exit code. Thrown anywhere, written in main.ts alone. */
export class Stop extends Error {
  readonly code: number;

  constructor(kind: keyof typeof exitCodes, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.code = exitCodes[kind];
  }
}
