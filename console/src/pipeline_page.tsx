import { useState } from 'preact/hooks';
import { Trouble } from './action.tsx';
import { api, type Pipeline, type Relations } from './api.ts';
import { Empty } from './command.tsx';
import { Facts } from './facts.tsx';
import { Gone } from './gone.tsx';
import { Head } from './head.tsx';
import { Table } from './list.tsx';
import { DeletePipeline, EditPipeline, mayChange, RunNow, SetContainer } from './pipeline_questions.tsx';
import { Belongings } from './pipeline_relations.tsx';
import { go } from './router.ts';
import { RunList } from './run_list.tsx';
import { useRole } from './session.ts';
import { say, tell, useNews } from './state.ts';
import { dated, Time } from './time.tsx';
import { TriggeredList } from './triggered_list.tsx';
import { useFresh } from './use_fresh.ts';

type Step = 'run' | 'edit' | 'container' | 'delete';
interface Read {
  pipeline: Pipeline;
  relations: Relations;
  /** Undefined for who may not see it. */
  container: string | null | undefined;
}

/** One pipeline: what it is, what leads to it, and its runs. */
export function PipelinePage({ id }: { id: string }) {
  const role = useRole();
  const [read, set] = useState<Read>();
  const [step, take] = useState<Step>();
  const { load, trouble } = useFresh(async (user) => {
    const [pipeline, relations, container] = await Promise.all([
      api.pipeline(id),
      api.relations(id),
      user.role === 'owner' ? api.container(id).then(({ url }) => url) : undefined,
    ]);
    set({ pipeline, relations, container });
  });
  useNews((news) => news === 'pipelines' && load());
  const close = () => take(undefined);
  const changed = async (text: string) => {
    tell('pipelines');
    say(text);
    await load();
    close();
  };
  if (!read && trouble) return <Gone what="pipeline" up={up} trouble={trouble} again={load} />;
  const { pipeline } = read ?? {};
  const button = (name: Step, text: string, kind = '') => (
    <button type="button" class={`btn ${kind}`} onClick={() => take(name)}>
      {text}
    </button>
  );
  return (
    <>
      <Head
        title={pipeline?.name ?? 'Pipeline'}
        up={up}
        action={
          pipeline &&
          mayChange(role) && (
            <>
              {button('delete', 'Delete', 'danger')}
              {button('edit', 'Edit')}
              {pipeline.container && button('run', 'Run now', 'primary')}
            </>
          )
        }
      >
        {pipeline?.description ?? '\u00a0'}
      </Head>
      <Trouble of={trouble} again={load} />
      {/* Another one than the one that waited: nothing of that moves. */}
      <section key={read ? 'about' : 'waiting'} class="panel" aria-label="About it" aria-busy={!read}>
        {read ? <About of={read} onContainer={() => take('container')} /> : <Table columns={[]} rows={undefined} />}
      </section>
      {read && <Belongings of={read.relations} self={id} />}
      {pipeline && (pipeline.container || read?.relations.triggers.length === 0) && (
        <RunList title="Runs" pipeline={id} empty={<NoRuns of={pipeline} family={read?.relations.family ?? ''} />} />
      )}
      {read && read.relations.triggers.length > 0 && <TriggeredList pipeline={id} />}
      {pipeline && step === 'run' && (
        <RunNow
          of={pipeline}
          onClose={close}
          onBegun={(run) => {
            tell('runs');
            say('The run is queued.');
            close();
            go(`/runs/${run.id}`);
          }}
        />
      )}
      {pipeline && step === 'edit' && (
        <EditPipeline of={pipeline} onClose={close} onSaved={() => changed(`“${pipeline.name}” is changed.`)} />
      )}
      {pipeline && step === 'container' && (
        <SetContainer
          of={pipeline}
          url={read?.container ?? null}
          onClose={close}
          onSet={() => changed('The container is set.')}
        />
      )}
      {pipeline && step === 'delete' && (
        <DeletePipeline
          of={pipeline}
          onClose={close}
          onDeleted={() => {
            tell('pipelines');
            say(`“${pipeline.name}” is deleted.`);
            close();
            go('/pipelines');
          }}
        />
      )}
    </>
  );
}

const up = { to: '/pipelines', text: 'Pipelines' };

function About({ of: { pipeline, relations, container }, onContainer }: { of: Read; onContainer(): void }) {
  const { id, type, tags, created_at, updated_at } = pipeline;
  return (
    <Facts
      of={{
        'Goes by': (
          <>
            <span class="mono">{relations.family}</span>, version {relations.version}
          </>
        ),
        Id: <span class="mono">{id}</span>,
        Kind: type,
        Tags: tags.length > 0 && tags.join(', '),
        Container: (
          <span class="with-button">
            {container ? (
              <span class="mono">{container}</span>
            ) : pipeline.container ? (
              'attached'
            ) : (
              'none: runs are refused'
            )}
            {container !== undefined && (
              <button type="button" class="btn small" onClick={onContainer}>
                {container ? 'Change' : 'Attach'}
              </button>
            )}
          </span>
        ),
        Made: (
          <>
            <Time at={created_at} as={dated} />, changed <Time at={updated_at} />
          </>
        ),
      }}
    />
  );
}

function NoRuns({ of: { container }, family }: { of: Pipeline; family: string }) {
  return container ? (
    <Empty title="No runs yet" command={`npx latchkey runs create ${family} --input 5 --wait`}>
      Run it here, or in the terminal where you have signed in:
    </Empty>
  ) : (
    <Empty title="No runs yet" command="pipeline container up">
      It has no container: nobody would take a run. Start one where the pipeline lies, and attach its address here:
    </Empty>
  );
}
