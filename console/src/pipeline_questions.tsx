import { useRef, useState } from 'preact/hooks';
import { api, type Me, type Pipeline, Refusal, type Run } from './api.ts';
import { Field } from './field.tsx';
import { Question } from './question.tsx';
import { inputsOf } from './values.tsx';

/** Whether somebody may make, change, run and delete pipelines. */
export const mayChange = (role: Me['role'] | undefined) => role === 'owner' || role === 'admin' || role === 'editor';

const words = (text: string) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];
const attempt = () => crypto.getRandomValues(new Uint32Array(4)).join('-');

/** Asks what a new pipeline is called. */
export function NewPipeline({ onClose, onMade }: { onClose(): void; onMade(pipeline: Pipeline): void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [tags, setTags] = useState('');
  const its = useRef(attempt());
  const make = async () => {
    const body = { name, type: 'python' as const, tags: words(tags), ...(description && { description }) };
    onMade(await api.createPipeline(body, its.current));
  };
  return (
    <Question title="Make a pipeline" verb="Make it" onClose={onClose} onSubmit={make}>
      <Field label="Name" value={name} onInput={setName} isRequired maxLength={255} />
      <Field label="Description" value={description} onInput={setDescription} maxLength={10_000} />
      <Field label="Tags" value={tags} onInput={setTags} hint="Words, with spaces between them." />
    </Question>
  );
}

/** Changes what a pipeline is called, and what is said of it. */
export function EditPipeline({ of, onClose, onSaved }: { of: Pipeline; onClose(): void; onSaved(): Promise<void> }) {
  const [name, setName] = useState(of.name);
  const [description, setDescription] = useState(of.description ?? '');
  const [tags, setTags] = useState(of.tags.join(' '));
  const save = async () => {
    await api.updatePipeline(of.id, { name, description: description || null, tags: words(tags) });
    await onSaved();
  };
  return (
    <Question title={`Edit “${of.name}”`} verb="Save" onClose={onClose} onSubmit={save}>
      <Field label="Name" value={name} onInput={setName} isRequired maxLength={255} />
      <Field label="Description" value={description} onInput={setDescription} maxLength={10_000} />
      <Field label="Tags" value={tags} onInput={setTags} hint="Words, with spaces between them." />
    </Question>
  );
}

/** Asks before a pipeline is deleted. It is gone when the server has said so, and not before. */
export function DeletePipeline({ of, onClose, onDeleted }: { of: Pipeline; onClose(): void; onDeleted(): void }) {
  const remove = async () => {
    try {
      await api.deletePipeline(of.id);
    } catch (thrown) {
      // Somebody was faster, or the answer to the first try was lost.
      if (!(thrown instanceof Refusal) || thrown.status !== 404) throw thrown;
    }
    onDeleted();
  };
  return (
    <Question title={`Delete “${of.name}”?`} verb="Delete pipeline" isDanger onClose={onClose} onSubmit={remove}>
      <p>Its triggers and its runs go with it. It cannot be brought back.</p>
    </Question>
  );
}

/** Says where runs are sent. */
export function SetContainer(props: { of: Pipeline; url: string | null; onClose(): void; onSet(): Promise<void> }) {
  const [url, setUrl] = useState(props.url ?? '');
  const set = async () => {
    await api.setContainer(props.of.id, url.trim() || null);
    await props.onSet();
  };
  return (
    <Question title={`Container of “${props.of.name}”`} verb="Save" onClose={props.onClose} onSubmit={set}>
      <p class="muted">
        Runs are sent there. <code>pipeline container up</code> listens at port 14300.
      </p>
      <Field
        label="Address"
        value={url}
        onInput={setUrl}
        maxLength={2048}
        hint="Leave it empty to send runs nowhere."
      />
    </Question>
  );
}

/** Asks for the inputs, and begins a run. */
export function RunNow({ of, onClose, onBegun }: { of: Pipeline; onClose(): void; onBegun(run: Run): void }) {
  const [text, setText] = useState('[]');
  // A changed input is another run; the same again, whose answer was lost, is not.
  const its = useRef({ text, key: attempt() });
  const begin = async () => {
    const inputs = inputsOf(text);
    if (its.current.text !== text) its.current = { text, key: attempt() };
    onBegun(await api.createRun(of.id, inputs, its.current.key));
  };
  return (
    <Question title={`Run “${of.name}”`} verb="Run now" onClose={onClose} onSubmit={begin}>
      <div class="field">
        <label for="inputs">Inputs</label>
        <textarea
          id="inputs"
          rows={5}
          spellcheck={false}
          value={text}
          aria-describedby="inputs-hint"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <span id="inputs-hint" class="muted small">
          A JSON array in the pipeline's order, such as <code>[5, "text", {'{"top": 3}'}]</code>.
        </span>
      </div>
    </Question>
  );
}
