import { resolved } from '../clients/contract.js';
import { modelOf } from '../clients/model.js';

/**
 * What breaks callers between two contracts, without oasdiff: operations and successes that are gone, what must be sent that needed not be,
 * fields that are answered no more, and other types. It sees less than oasdiff does inside of alternatives.
 */
export function byHand(surface, before, after) {
  const now = methodsOf(surface, after);
  return [...methodsOf(surface, before)].flatMap(([id, method]) => {
    const said = (text) => ({ operation: method.verb, id, path: method.path, text });
    const next = now.get(id);
    if (!next || next.verb !== method.verb || next.path !== method.path) return [said('is gone')];
    return [
      ...paramsOf(method, next),
      ...bodyOf(before, after, method, next),
      ...(next.answer.status === method.answer.status
        ? []
        : [`is answered with ${next.answer.status} and not with ${method.answer.status}`]),
      ...answered(before, after, method.answer.schema, next.answer.schema, 'the answer', 6),
    ].map(said);
  });
}

const methodsOf = (surface, contract) =>
  new Map(
    modelOf({ [surface]: contract })[0].resources.flatMap(({ methods }) =>
      methods.map((method) => [method.id, method]),
    ),
  );

function paramsOf(method, next) {
  const of = (list, { name, place }) => list.find((one) => one.name === name && one.place === place);
  const gone = method.params
    .filter((one) => !of(next.params, one))
    .map(({ name, place }) => `takes no ${name} in the ${place}`);
  const must = next.params
    .filter((one) => one.required && !of(method.params, one)?.required)
    .map(({ name, place }) => `needs ${name} in the ${place}`);
  return [...gone, ...must];
}

function bodyOf(before, after, { body }, next) {
  if (body && !next.body) return ['takes no body'];
  if (!next.body) return [];
  if (next.body.required && !body?.required) return ['needs a body'];
  const [was, is] = [resolved(before, body.schema ?? {}), resolved(after, next.body.schema ?? {})];
  const must = (is.required ?? [])
    .filter((name) => !(was.required ?? []).includes(name))
    .map((name) => `needs ${name} in the body`);
  const closed = is.additionalProperties === false;
  const gone = closed
    ? Object.keys(was.properties ?? {})
        .filter((name) => !is.properties?.[name])
        .map((name) => `takes no ${name} in the body`)
    : [];
  return [...must, ...gone];
}

/** What an answer has no more, some levels deep. */
function answered(before, after, one, other, at, depth) {
  if (depth === 0 || !one || !other) return [];
  const [was, is] = [resolved(before, one), resolved(after, other)];
  const types = (schema) => [schema.type].flat().filter(Boolean).sort().join('|');
  if (types(was) && types(is) && types(was) !== types(is)) return [`${at} is ${types(is)} and not ${types(was)}`];
  const inner = Object.keys(was.properties ?? {}).flatMap((name) =>
    is.properties?.[name]
      ? answered(before, after, was.properties[name], is.properties[name], `${at}'s ${name}`, depth - 1)
      : [`${at} has no ${name}`],
  );
  return [...inner, ...answered(before, after, was.items, is.items, `${at}'s item`, depth - 1)];
}
