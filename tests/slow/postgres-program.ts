import { connect } from '../../src/database/database.ts';
import { startPostgres } from '../../src/database/postgres/server.ts';
import { silent } from '../support/silent.ts';

// Starts the embedded server of the folder it is given, counts its starts in a table, says where it is, and stays.
const [folder = ''] = process.argv.slice(2);
try {
  const { url, stop } = await startPostgres(folder, silent);
  process.on('SIGTERM', () => void stop().then(() => process.exit(0)));
  const db = connect(url);
  await db.raw('create table if not exists starts (at timestamptz default now())');
  await db.raw('insert into starts default values');
  const { rows } = await db.raw('select count(*) from starts');
  await db.destroy();
  process.stdout.write(`${rows[0].count} ${url}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).name}: ${(error as Error).message}\n`);
  process.exit(1);
}
