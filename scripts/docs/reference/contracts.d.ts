/** An operation of a contract, as far as tests look at it. */
export interface Operation {
  id: string;
  address: string;
  verb?: string;
  path?: string;
}
export function readSurfaces(contracts?: Record<string, object>): { name: string; address: string }[];
