import type { Context } from '../context.ts';
import { idOf } from '../ids.ts';
import { type Asked, countedIn, mostRows, namesOf } from './asked_period.ts';
import { noKey } from './gather.ts';

/** What each row of a report is about, by its column. */
const columns = { model: 'model', chatbot: 'chatbot_id', key: 'key_uuid', day: 'day' } as const;

/** What is asked of the work of models. */
export interface ModelUsageQuery extends Asked {
  by?: keyof typeof columns;
  /** By its name in the operator's file. */
  model?: string;
  chatbot?: string;
}

interface Figures {
  answers: number;
  input_tokens: number;
  output_tokens: number;
}

const figures = (['answers', 'input_tokens', 'output_tokens'] as const)
  .map((name) => `coalesce(sum(${name}), 0) as ${name}`)
  .join(', ');

/**
 * Answers of models and the tokens that they took, by what is named: of the whole account for admins, else of what the caller's own
 * keys asked. Throws as `countedIn` does.
 */
export async function modelReport(context: Context, query: ModelUsageQuery) {
  const { by = 'model', model, chatbot } = query;
  const { from, to, rows: counted } = await countedIn(context, 'model_usage', query);
  if (model !== undefined) counted.where({ model });
  if (chatbot !== undefined) counted.where({ chatbot_id: chatbot });
  const column = columns[by];
  const rows: (Figures & { cell: string })[] = await counted
    .clone()
    .select(`${column} as cell`, context.db.raw(figures))
    .groupBy(column)
    .orderBy(by === 'day' ? [{ column }] : [{ column: 'answers', order: 'desc' }, { column }])
    .limit(mostRows);
  const [all]: Figures[] = await counted.select(context.db.raw(figures));
  const tables = { key: 'api_keys', chatbot: 'chatbots', model: undefined, day: undefined } as const;
  const table = tables[by];
  const names =
    table &&
    (await namesOf(
      context,
      table,
      rows.map(({ cell }) => cell),
    ));
  return {
    ...{ from, to, by },
    rows: rows.map(({ cell, ...its }) => ({
      [by]: by !== 'key' ? String(cell) : cell === noKey ? null : idOf('key', cell),
      ...(names && { name: names.get(cell) ?? null }),
      ...its,
    })),
    ...(all as Figures),
  };
}
