import manifest from '../package.json' with { type: 'json' };

/** Of the server, of its clients and of their contracts: package.json's. */
export const { version } = manifest;
