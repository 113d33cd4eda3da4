export function readReleased(): { version: string; contracts: Record<string, object> };
