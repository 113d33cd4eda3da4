/** What the operator must mend: one line that names the mistake and the mend. It is printed without a stack. */
export class Mistake extends Error {
  override name = 'Mistake';
  readonly exitCode: 1 | 2;

  /** `exitCode`: 2 for a setting that cannot be right, 1 for something else on this machine. */
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
