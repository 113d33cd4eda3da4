import { useState } from 'preact/hooks';
import { api, type Pipeline } from './api.ts';
import { Empty } from './command.tsx';
import { Head } from './head.tsx';
import { Link } from './link.tsx';
import { ListPanel } from './list.tsx';
import { mayChange, NewPipeline } from './pipeline_questions.tsx';
import { go } from './router.ts';
import { Search, useSearch } from './search.tsx';
import { useRole } from './session.ts';
import { say, tell } from './state.ts';
import { Time } from './time.tsx';
import { useList } from './use_list.ts';

/** The pipelines of the account. */
export function PipelinesPage() {
  const role = useRole();
  const search = useSearch();
  const query = search.sent;
  const [isMaking, make] = useState(false);
  const list = useList<Pipeline>((part) => api.pipelines({ ...part, ...(query && { query }) }), {
    ...{ by: query, news: 'pipelines' },
  });
  return (
    <>
      <Head
        title="Pipelines"
        action={
          mayChange(role) && (
            <button type="button" class="btn primary" onClick={() => make(true)}>
              Make a pipeline
            </button>
          )
        }
      >
        What runs here: containers, and blocks with triggers. Every API of this server shows the same ones.
      </Head>
      <ListPanel
        title="All"
        of={list}
        action={<Search of={search} label="Find a pipeline" />}
        columns={['Pipeline', 'Kind', 'Runs in', 'Changed']}
        row={(one) => <Row key={one.id} of={one} />}
        empty={
          query ? (
            <p class="empty muted">No pipeline has “{query}” in its name.</p>
          ) : (
            <Empty title="No pipelines yet" command="npx latchkey pipelines create owner/add">
              Make one here, import a project of Mage, or push one from the terminal where you have signed in:
            </Empty>
          )
        }
      />
      {isMaking && (
        <NewPipeline
          onClose={() => make(false)}
          onMade={(pipeline) => {
            tell('pipelines');
            say(`“${pipeline.name}” is there.`);
            make(false);
            go(`/pipelines/${pipeline.id}`);
          }}
        />
      )}
    </>
  );
}

function Row({ of: { id, name, tags, description, type, container, updated_at } }: { of: Pipeline }) {
  return (
    <tr>
      <td>
        <Link class="strong" to={`/pipelines/${id}`}>
          {name}
        </Link>
        {description && <span class="sub clipped">{description}</span>}
        {tags.length > 0 && (
          <span class="tags">
            {tags.map((tag) => (
              <span key={tag} class="chip">
                {tag}
              </span>
            ))}
          </span>
        )}
      </td>
      <td class="hide-s">{type}</td>
      <td class="state">{container ? <span class="chip good">a container</span> : <span class="chip">blocks</span>}</td>
      <td class="state wide">
        <Time at={updated_at} />
      </td>
    </tr>
  );
}
