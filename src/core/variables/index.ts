import { Failure } from '../../contract/failure.ts';
import { storedJson } from '../../contract/json.ts';
import type { Call, Context } from '../context.ts';
import type { Endpoint } from '../endpoint.ts';
import { type PipelineRow, pipelineOf } from '../pipelines/index.ts';
import type { Json } from '../pipelines/row.ts';
import { isIdentifier, pythonType } from '../python.ts';
import { each, editor, hidden, viewer } from '../rules.ts';
import { unusable } from '../unusable.ts';

/** A variable of a pipeline; in the list, all of them. */
interface Row {
  block: { uuid: string } | null;
  name: string | null;
  pipeline: { uuid: string } | null;
  value: unknown;
  variables: string[] | { uuid: string; type: string; value: unknown }[] | null;
  of: PipelineRow;
}

const shown = ['block', 'name', 'pipeline', 'value', 'variables'] as const;

/** The variables that every run of a pipeline is given (docs/compat/mage.md: Variables and secrets). */
export const variables: Endpoint<Row, unknown, PipelineRow> = {
  name: 'variables',
  resource: {
    parent: (context, uuid) => pipelineOf(context, uuid),

    async list(_context, { page: { offset } }, pipeline) {
      const of = pipeline as PipelineRow;
      const all = Object.entries(of.variables ?? {}).map(([uuid, value]) => ({
        ...{ uuid, type: `<class '${pythonType(value)}'>`, value },
      }));
      return { rows: [{ ...row(of), variables: all }], count: 1, offset };
    },

    member: async (_context, { id = '' }, pipeline) => ({ ...row(pipeline as PipelineRow), name: id }),
    create: (context, { body }, pipeline) => set(context, body, pipeline as PipelineRow),
    update: (context, { body }, { name, of }) => set(context, body, of, name),

    async delete({ db }, _call, { name, of }) {
      const id = of.id;
      const gone = await db('pipelines')
        .where({ id })
        .whereRaw('jsonb_exists(variables, ?)', [name])
        .update({ variables: db.raw(`nullif(variables - ?::text, '{}')`, [name]), updated_at: db.fn.now() });
      if (gone === 0) throw unusable('name', `'${name}'`);
      return { block: null, name, pipeline: null, value: null, variables: null, of };
    },
  },
  policy: {
    action: { list: viewer, create: editor, update: editor, delete: editor },
    read: { ...each(shown, viewer), of: hidden },
    write: each(['name', 'value'], { create: editor, update: editor }),
    query: { global_only: { list: viewer } },
  },
  presenter: { default: shown },
  collect: {},
};

const row = (of: PipelineRow): Row => ({
  ...{ block: { uuid: 'global' }, name: null, pipeline: { uuid: of.uuid }, value: null, variables: null },
  of,
});

/** Sets the variable that the body names; what is wrong is said of the one in the path. Throws `invalid`. */
async function set({ db }: Context, body: Call['body'], of: PipelineRow, path?: string | null): Promise<Row> {
  const { name, value } = body as { name?: string | null; value?: unknown };
  if (name === undefined || name === null) throw unusable('name', "'NoneType' object has no attribute 'isidentifier'");
  const said = path ?? name;
  if (!isIdentifier(name)) throw new Failure('invalid', `Invalid variable name syntax for variable name ${said}.`);
  if (value === undefined || value === null) throw new Failure('invalid', `Value is empty for variable name ${said}.`);
  const [changed] = await db('pipelines')
    .where({ id: of.id })
    .update({
      variables: db.raw(`coalesce(variables, '{}') || ?::jsonb`, [storedJson({ [name]: value })]),
      updated_at: db.fn.now(),
    })
    .returning('variables');
  return { ...row(of), name, value, variables: Object.keys(changed?.variables as Json).sort() };
}
