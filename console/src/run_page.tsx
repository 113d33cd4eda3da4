import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, Refusal, type RunDetail, type RunOutput } from './api.ts';
import { Facts } from './facts.tsx';
import { Gone } from './gone.tsx';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { Table } from './list.tsx';
import { mayChange } from './pipeline_questions.tsx';
import { Question } from './question.tsx';
import { go } from './router.ts';
import { RunState, shortId, took } from './run_facts.tsx';
import { RunLog } from './run_log.tsx';
import { useRole } from './session.ts';
import { say, tell, useNews } from './state.ts';
import { Time } from './time.tsx';
import { useFresh } from './use_fresh.ts';
import { Values } from './values.tsx';

const up = { to: '/runs', text: 'Runs' };

/** One run: how it stands, what went in and came out, and its log as it happens. */
export function RunPage({ id }: { id: string }) {
  const role = useRole();
  const [run, setRun] = useState<RunDetail>();
  const [output, setOutput] = useState<RunOutput['outputs']>(null);
  const [step, take] = useState<'cancel' | 'delete'>();
  const { load, trouble } = useFresh(
    async () => {
      const [read, made] = await Promise.all([api.run(id), api.output(id)]);
      setRun(read);
      setOutput(made.outputs);
    },
    { period: run && !run.ended_at ? 3_000 : 20_000 },
  );
  useNews((news) => news === 'runs' && load());
  const close = () => take(undefined);
  if (!run && trouble) return <Gone what="run" up={up} trouble={trouble} again={load} />;
  return (
    <>
      <Head
        title={run ? `Run of ${run.pipeline.name}` : 'Run'}
        up={up}
        action={
          run &&
          mayChange(role) && (
            <button type="button" class="btn danger" onClick={() => take(run.ended_at ? 'delete' : 'cancel')}>
              {run.ended_at ? 'Delete' : 'Cancel run'}
            </button>
          )
        }
      >
        <span class="mono">{shortId(id)}</span>
      </Head>
      <Trouble of={trouble} again={load} />
      {/* Another one than the one that waited: nothing of that moves. */}
      <section key={run ? 'about' : 'waiting'} class="panel" aria-label="About it" aria-busy={!run}>
        {run ? <About of={run} /> : <Table columns={[]} rows={undefined} />}
      </section>
      {run?.error && <Failed of={run.error} />}
      {run && (
        <div class="halves">
          <section class="panel" aria-label="Inputs">
            <header>
              <h2>Inputs</h2>
            </header>
            <Values of={run.inputs} none="It was given nothing." />
          </section>
          <section class="panel" aria-label="Outputs">
            <header>
              <h2>Outputs</h2>
            </header>
            <Values of={output ?? []} none={run.ended_at ? 'Nothing came out of it.' : 'Not there yet.'} />
          </section>
        </div>
      )}
      {run && <RunLog key={id} id={id} onNews={load} />}
      {run && step && <End of={run} how={step} onClose={close} onDone={load} />}
    </>
  );
}

function About({ of: run }: { of: RunDetail }) {
  return (
    <Facts
      of={{
        State: (
          <span role="status">
            <RunState of={run.state} />
          </span>
        ),
        Pipeline: <Link to={`/pipelines/${run.pipeline.id}`}>{run.pipeline.name}</Link>,
        Id: <span class="mono">{run.id}</span>,
        Made: <Time at={run.created_at} />,
        Began: run.started_at && <Time at={run.started_at} />,
        Ended: run.ended_at && <Time at={run.ended_at} />,
        'At work for': took(run),
      }}
    />
  );
}

function Failed({ of: { type, message, traceback } }: { of: NonNullable<RunDetail['error']> }) {
  return (
    <section class="panel" aria-label="Why it failed">
      <header>
        <h2>Why it failed</h2>
        <span class="chip bad">{type.replaceAll('_', ' ')}</span>
      </header>
      <div class="empty">
        <p>{message}</p>
        {traceback && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
          <pre tabIndex={0}>{traceback}</pre>
        )}
      </div>
    </section>
  );
}

interface Ending {
  of: RunDetail;
  how: 'cancel' | 'delete';
  onClose(): void;
  onDone(): Promise<void>;
}

/** Asks before a run is cancelled, or deleted with what it left. */
function End({ of: run, how, onClose, onDone }: Ending) {
  const submit = async () => {
    try {
      await (how === 'cancel' ? api.cancelRun(run.id) : api.deleteRun(run.id));
    } catch (thrown) {
      // Deleted by somebody else, or by the first try whose answer was lost.
      if (how === 'cancel' || !(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    tell('runs');
    say(how === 'cancel' ? 'The run is cancelled.' : 'The run is deleted.');
    if (how === 'cancel') await onDone();
    onClose();
    if (how === 'delete') go('/runs');
  };
  return how === 'cancel' ? (
    <Question title="Cancel the run?" verb="Cancel it now" isDanger onClose={onClose} onSubmit={submit}>
      <p>It stays cancelled, whatever its container says later.</p>
    </Question>
  ) : (
    <Question title="Delete the run?" verb="Delete run" isDanger onClose={onClose} onSubmit={submit}>
      <p>What came out of it, and its log, go with it.</p>
    </Question>
  );
}
