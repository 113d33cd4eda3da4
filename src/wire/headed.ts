/** A body, and headers of its answer that the contract declares. A handler returns it. */
export class Headed {
  constructor(
    readonly body: unknown,
    readonly headers: Record<string, string>,
  ) {}
}
