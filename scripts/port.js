import { createServer } from 'node:net';

/**
 * Ends the process with one line where the port of the settings is taken, before anybody has waited for anything. What
 * else may be wrong with them is the server's to say, which knows them (src/config.ts).
 */
export async function checkPort() {
  const { HOST: host = '', PORT: port = '' } = process.env;
  if (!/^\d{0,5}$/.test(port) || Number(port) > 65_535 || port === '0') return;
  const [name, number] = [host || '127.0.0.1', Number(port || 6789)];
  if ((await probe(name, number)) !== 'EADDRINUSE') return;
  console.error(`Port ${number} of ${name} is in use: stop what uses it, or set another HOST or PORT`);
  process.exit(1);
}

const probe = (host, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.on('error', ({ code }) => resolve(code));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
