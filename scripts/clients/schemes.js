/** Which credential opens an operation, from the schemes of its surface: the clients of Python and Go call them by these words. */
const schemeOf = {
  bearer: 'bearer',
  HTTPBearer: 'bearer',
  SessionBearer: 'session',
  applicationKey: 'x-api-key',
  apiKey: 'api-key',
  apikey: 'application',
  session: 'bearer',
};

/** Each once, in the order of the contract. @param {import('./model.d.ts').Method} method */
export function schemesOf(method) {
  const known = method.security.flat().map((scheme) => schemeOf[scheme]);
  return [...new Set(known.filter(Boolean))];
}
