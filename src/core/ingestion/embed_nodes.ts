import type { Knex } from 'knex';
import type { House } from '../house.ts';
import type { Model } from '../models/model.ts';
import { embeddingModelOf, unit } from '../retrieval/embedding_model.ts';

/** Nodes of one knowledge base that are to get vectors. */
export interface Embedding {
  knowledge_base_id: string;
}

/** So many texts are sent to a model at once. */
const batch = 64;
/** A job goes on for so long, and then leaves the rest to the next; milliseconds. */
const turn = 15_000;
/** How long a model may take for a batch; milliseconds. */
const patience = 40_000;

/** Has the nodes of a knowledge base made into vectors, those that have none of its model; in the transaction of what wrote them. */
export async function queueEmbedding(db: Knex, knowledgeBaseId: string): Promise<void> {
  const job = JSON.stringify({ knowledge_base_id: knowledgeBaseId } satisfies Embedding);
  await db.raw(
    `select from graphile_worker.add_job('embed_nodes', ?::json, job_key => ?, priority => 200, flags => array['reading'])`,
    [job, `embed_nodes ${knowledgeBaseId}`],
  );
}

/** The same for all knowledge bases whose nodes were written before there was a model, or with another one. */
export async function queueUnembedded({ db, models }: House): Promise<void> {
  const [first] = models.of('embedding');
  if (!first) return;
  const { rows } = await db.raw<{ rows: { id: string; model: string }[] }>(
    `select distinct on (b.id, n.embedding_model) b.id, b.embedding_model as model, n.embedding_model as made
     from knowledge_bases b join text_nodes n on n.knowledge_base_id = b.id`,
  );
  const old = (rows as { id: string; model: string; made: string | null }[]).filter(
    ({ model, made }) => made !== embeddingModelOf(models, model)?.id,
  );
  for (const id of new Set(old.map((one) => one.id))) await queueEmbedding(db, id);
}

/**
 * Makes vectors of the nodes of a knowledge base; nothing where there is no model. Gives whether some are left. What a model cannot do is thrown, and
 * the queue tries again: until then words alone find these nodes.
 */
export async function embedNodes(
  { db, models }: House,
  { knowledge_base_id: id }: Embedding,
  stopping: AbortSignal,
): Promise<boolean> {
  const base = await db('knowledge_bases').where({ id }).first('embedding_model');
  const model = base && embeddingModelOf(models, base.embedding_model);
  if (!model) return false;
  for (const began = Date.now(); Date.now() - began < turn; ) {
    if (
      (await embedSome(db, id, model, (texts) =>
        models.embed(model, texts, AbortSignal.any([stopping, AbortSignal.timeout(patience)])),
      )) < batch
    )
      return false;
  }
  return true;
}

async function embedSome(
  db: Knex,
  base: string,
  model: Model,
  embed: (texts: string[]) => Promise<number[][]>,
): Promise<number> {
  const nodes = await db('text_nodes')
    .where('knowledge_base_id', base)
    .whereRaw('embedding_model is distinct from ?', [model.id])
    .orderBy('id')
    .limit(batch)
    .select('id', 'heading', 'text');
  if (nodes.length === 0) return 0;
  const vectors = await embed(nodes.map(({ heading, text }) => (heading ? `${heading}\n\n${text}` : text)));
  // One by one, as texts: arrays of arrays are all of one length to Postgres.
  await db.raw(
    `update text_nodes n set embedding = v.vector::real[], embedding_model = ?
     from unnest(?::uuid[], ?::text[]) as v (id, vector) where n.id = v.id`,
    [model.id, nodes.map(({ id }) => id), vectors.map((vector) => `{${unit(vector).join(',')}}`)],
  );
  return nodes.length;
}
