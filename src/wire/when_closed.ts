import type { ServerResponse } from 'node:http';

/** Does something once an answer has ended, or whoever asked has left; at once where that is over. */
export function whenClosed(response: ServerResponse, work: () => void): void {
  if (response.closed) work();
  else response.once('close', work);
}
