import { parseObject } from '../answer.ts';
import { type Column, type Command, printRows, type Row } from '../command.ts';
import { wholeNumber } from '../input.ts';
import { printJson, warn } from '../output.ts';
import { call } from '../server.ts';

const columns: Column[] = [
  ['AT', 'at'],
  ['WHAT', 'action'],
  ['TO', 'subject'],
  ['BY', 'user'],
  ['WITH', 'key'],
  ['FROM', 'address'],
];

/** What happened, for owners and admins. */
export const audit: Command = {
  name: 'audit',
  about: 'show who did what, the newest first; for owners and admins',
  flags: [
    { form: '--action <name>', about: 'only what happened in this way: key_minted', to: 'query.action' },
    { form: '--user <id>', about: 'only what this user did', to: 'query.user' },
    { form: '--subject <id>', about: 'only what happened to this', to: 'query.subject' },
    { form: '--since <time>', about: 'only from this time on', to: 'query.since' },
    { form: '--until <time>', about: 'only before this time', to: 'query.until' },
    { form: '-l, --limit <n>', about: 'show at most so many, up to 1000', to: 'query.limit', read: wholeNumber },
  ],
  calls: ['listAudit'],
  columns,
  examples: ['audit', 'audit --action key_revoked --since 2026-02-01T00:00:00Z', 'audit --limit 1000 --json'],
  run: async ({ query, isJson }) => {
    const { text } = await call('listAudit', { query });
    if (isJson) return printJson(text);
    const { count, results } = parseObject<{ count: number; results: (Row & { user: { name: string } | null })[] }>(
      text,
    );
    printRows(
      columns,
      results.map((entry) => ({ ...entry, user: entry.user?.name })),
    );
    if (results.length < count) warn(`${results.length} of ${count} are shown: see --limit, --since and --until.`);
  },
};
