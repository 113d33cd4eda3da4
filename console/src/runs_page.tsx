import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { go, usePlace } from './router.ts';
import { RunList } from './run_list.tsx';
import { Tabs } from './tabs.tsx';
import { TriggeredList } from './triggered_list.tsx';

/** Runs of all pipelines: those in containers, and those of blocks. */
export function RunsPage() {
  const isTriggered = usePlace().searchParams.has('triggered');
  return (
    <>
      <Head title="Runs">
        Pipelines at work, as it happens. Start one from <Link to="/pipelines">its pipeline</Link>, with a key, or by a
        trigger.
      </Head>
      <Tabs
        label="Kind of runs"
        names={['In containers', 'Of blocks']}
        chosen={isTriggered ? 'Of blocks' : 'In containers'}
        onChoose={(name) => go(name === 'Of blocks' ? '/runs?triggered' : '/runs', true)}
      >
        {isTriggered ? (
          <TriggeredList />
        ) : (
          <RunList
            title="Runs"
            empty={
              <Empty title="No runs yet" command="npx latchkey runs create owner/add --input 5 --input 4 --wait">
                Run a pipeline that has a container:
              </Empty>
            }
          />
        )}
      </Tabs>
    </>
  );
}
