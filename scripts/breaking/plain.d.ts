export function byHand(
  surface: string,
  before: unknown,
  after: unknown,
): { operation: string; id: string; path: string; text: string }[];
