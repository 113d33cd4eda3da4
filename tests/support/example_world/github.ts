import { generateKeyPairSync, sign } from 'node:crypto';

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** The key that GitHub signs its findings with, as it publishes it; by the name that the examples give it. */
export const githubKey = {
  key_identifier: 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d',
  key: pair.publicKey.export({ type: 'spki', format: 'pem' }),
  is_current: true,
};

/** GitHub's signature over these bytes. */
export const signedByGithub = (body: string): string =>
  sign('sha256', Buffer.from(body), pair.privateKey).toString('base64');
