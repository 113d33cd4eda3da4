// Writes a new endpoint, contract to test: `npm run new -- sword --surface mage --fields name:string,damage:integer`.
import { checkNode, install } from '../install.js';

checkNode();
await install();
const { main } = await import('./command.js');
process.exitCode = await main(process.argv.slice(2));
