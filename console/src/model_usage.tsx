import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type ModelUsage } from './api.ts';
import { Choice } from './choice.tsx';
import { Empty } from './command.tsx';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { counted, number } from './number.ts';
import { dated } from './time.tsx';
import { lastDays, type Shown } from './usage_figures.tsx';
import { useFresh } from './use_fresh.ts';

type Row = ModelUsage['rows'][number];

/** What the answers of models are counted by, with the heading of each. */
const views = { model: 'Model', chatbot: 'Chatbot', key: 'Key', day: 'Day' } as const;
type View = keyof typeof views;

/** What is asked for in an address; models, where it is none of these. */
export const viewOfModels = (asked: string | null): View =>
  (Object.keys(views) as View[]).find((view) => view === asked) ?? 'model';

/** What models took in so many days: answers and tokens by model, chatbot, key or day. */
export function ModelFigures({ by, days, onBy }: { by: View; days: number; onBy(by: string): void }) {
  const asked = `${by} ${days}`;
  const [found, set] = useState<{ asked: string; usage: ModelUsage }>();
  const read = async () => set({ asked, usage: await api.modelUsage({ ...lastDays(days), by }) });
  const { trouble, load } = useFresh(read, { by: asked });
  const usage = found?.asked === asked ? found.usage : undefined;
  return (
    <section class="panel" aria-labelledby="models" aria-busy={!usage}>
      <header>
        <h2 id="models">Answers of models</h2>
        <span class="muted small" role="status">
          {usage && totals(usage)}
        </span>
        <Choice name="models" label="Counted by" value={by} onChange={onBy}>
          {Object.entries(views)}
        </Choice>
      </header>
      <Trouble of={trouble} again={load} />
      {usage?.rows.length === 0 ? (
        <Empty title="No model has answered in these days">
          Chatbots answer with the models that LATCHKEY_MODELS names; what they take is counted here.
        </Empty>
      ) : (
        <Table columns={[views[by], 'Answers', 'Tokens in', 'Tokens out']} rows={usage && rowsOf(usage)} />
      )}
    </section>
  );
}

const totals = ({ answers, input_tokens, output_tokens }: ModelUsage) =>
  `${counted(answers, 'answer')}, ${number(input_tokens)} tokens in, ${number(output_tokens)} out`;

/** Days the newest first, all else the most answers first. */
function rowsOf(usage: ModelUsage) {
  return (usage.by === 'day' ? usage.rows.toReversed() : usage.rows).map((row) => {
    const { key, text, to } = shownAs(row);
    const figures: [number, string][] = [
      [row.answers, 'answers'],
      [row.input_tokens, 'tokens in'],
      [row.output_tokens, 'out'],
    ];
    return (
      <tr key={key} class="figures">
        <td>{to ? <Link to={to}>{text}</Link> : text}</td>
        {figures.map(([value, unit]) => (
          <td key={unit} class="figure">
            {number(value)}
            <span class="unit"> {unit}</span>
          </td>
        ))}
      </tr>
    );
  });
}

/** What a row is called, and where it leads: a key to its page. A chatbot that is gone has its id. */
function shownAs({ model, chatbot, key, day, name }: Row): Shown {
  if (model !== undefined) return { key: model, text: model };
  if (day !== undefined) return { key: day, text: dated(day) };
  if (chatbot !== undefined) return { key: chatbot, text: name ?? chatbot };
  if (!key) return { key: '', text: 'Sessions, without a key' };
  return { key, text: name ?? key, ...(name && { to: `/keys/${key}` }) };
}
