import { parseObject } from '../answer.ts';
import { type Command, printRows, type Row } from '../command.ts';
import { keyIdOf } from '../key_id.ts';
import { printJson, warn } from '../output.ts';
import { call } from '../server.ts';

/** What was asked, and how often. */
export const usage: Command = {
  name: 'usage',
  about: 'count requests and refusals, of the last 30 days unless you say',
  flags: [
    { form: '--by <what>', about: 'day, key, operation, status or network; day unless you say', to: 'query.by' },
    { form: '--from <day>', about: 'the first day, in UTC', to: 'query.from' },
    { form: '--to <day>', about: 'the last day, in UTC', to: 'query.to' },
    { form: '--key <key>', about: 'only with this key, by its id or its name', to: 'query.key' },
    { form: '--operation <id>', about: 'only this operation: latchkey.listKeys', to: 'query.operation' },
    { form: '--status <class>', about: 'only answers of this class: 4xx', to: 'query.status' },
    { form: '--network <range>', about: 'only from this network', to: 'query.network' },
  ],
  calls: ['getUsage', 'listKeys'],
  examples: ['usage', 'usage --by operation --key ci', 'usage --by network --status 4xx --from 2026-02-01'],
  run: async ({ query, isJson }) => {
    const { key } = query;
    const id = key === undefined ? undefined : await keyIdOf(String(key));
    const { text } = await call('getUsage', { query: { ...query, key: id } });
    if (isJson) return printJson(text);
    const { by, rows, requests, refusals } = parseObject<{
      by: string;
      rows: Row[];
      requests: number;
      refusals: number;
    }>(text);
    printRows(
      [
        [by.toUpperCase(), by],
        ['REQUESTS', 'requests'],
        ['REFUSALS', 'refusals'],
      ],
      rows.map((row) => (by === 'key' ? { ...row, key: row.key ?? 'sessions' } : row)),
    );
    warn(`${requests} requests in all, ${refusals} of them refused.`);
  },
};
