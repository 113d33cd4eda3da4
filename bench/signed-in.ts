import { request } from 'node:http';

/** One sign-in; its status and how long it took, in milliseconds. */
export function signIn(origin: string, apikey: string, from: string, email: string, word: string) {
  const { hostname, port } = new URL(origin);
  const headers = { apikey, 'content-type': 'application/json' };
  const path = '/auth/v1/token?grant_type=password';
  const began = performance.now();
  return new Promise<{ status: number; ms: number }>((resolve, reject) => {
    const options = { hostname, port, path, method: 'POST', headers, localAddress: from, agent: false as const };
    const sent = request(options, (response) => {
      const { statusCode: status = 0 } = response;
      response.resume().on('end', () => resolve({ status, ms: performance.now() - began }));
    });
    sent.on('error', reject).end(JSON.stringify({ email, password: word }));
  });
}
