// Writes a new endpoint, contract to test: `npm run new -- sword --surface mage --fields name:string,damage:integer`.
import { install } from '../install.js';
import { checkNode } from '../preflight.js';

checkNode();
await install();
const { main } = await import('./command.js');
process.exitCode = await main(process.argv.slice(2));
