import { isRefusal } from './answers.js';
import { choicesOf, fieldsOf, insideOf, limitsOf, typeOf } from './schema_words.js';

/** Deeper than this nobody looks for a change. */
const deepest = 4;

/**
 * What is another in an operation than it was, as sentences of Markdown: none where nothing is.
 * @param {{ contract: object, operation: object }} was as `readSurfaces` has them
 * @param {{ contract: object, operation: object }} is
 */
export function differences(was, is) {
  const [before, after] = [was.operation, is.operation];
  const [taken, takes] = [takesOf(was), takesOf(is)];
  const [given, gives] = [givesOf(was), givesOf(is)];
  const statuses = (operation) => new Map(operation.answers.filter(isRefusal).map(({ status }) => [status, {}]));
  const codesOf = (one, other) => newIn(statuses(one), statuses(other));
  return [
    call(before) !== call(after) && `It was \`${call(before)}\`.`,
    after.deprecated && !before.deprecated && 'Deprecated.',
    before.scope &&
      before.scope !== after.scope &&
      `A key needs the scope \`${after.scope}\`; it was \`${before.scope}\`.`,
    before.cost !== after.cost && `It uses up ${after.cost} of a key's credits; it was ${before.cost}.`,
    sentence(
      'Needs',
      newIn(taken, takes, ({ required }) => required),
    ),
    sentence(
      'Takes',
      newIn(taken, takes, ({ required }) => !required),
    ),
    sentence('Takes no more', newIn(takes, taken)),
    sentence(
      'May be left out now',
      kept(taken, takes, (one, other) => one.required && !other.required),
    ),
    sentence('May be `null` now:', kept(taken, takes, isNullNow)),
    sentence(
      'Must be sent now',
      kept(taken, takes, (one, other) => !one.required && other.required),
    ),
    ...others(taken, takes),
    sentence('The answer has', newIn(given, gives)),
    sentence('The answer has no more', newIn(gives, given)),
    sentence('May be `null` in the answer now:', kept(given, gives, isNullNow)),
    ...others(given, gives),
    sentence('May be refused with', codesOf(before, after)),
    sentence('Is refused no more with', codesOf(after, before)),
  ].filter(Boolean);
}

const call = ({ verb, path }) => `${verb} ${path}`;
/** So many names are told: who wants all of them reads the contract. */
const most = 6;

function sentence(words, names) {
  if (names.length === 0) return undefined;
  const told = names.slice(0, names.length > most + 1 ? most : names.length).map((name) => `\`${name}\``);
  const more = names.length - told.length;
  return `${words} ${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** The names that only the second has, without what is inside of others of them. */
function newIn(one, other, isMeant = () => true) {
  const names = [...other].filter(([name, about]) => !one.has(name) && isMeant(about)).map(([name]) => name);
  const isInside = (name) => [...other.keys()].some((outer) => !one.has(outer) && isBelow(name, outer));
  return names.filter((name) => !isInside(name));
}

const isBelow = (name, outer) => name.startsWith(`${outer}.`) || name.startsWith(`${outer}[].`);

const kept = (one, other, isMeant) =>
  [...other].filter(([name, about]) => one.has(name) && isMeant(one.get(name), about)).map(([name]) => name);

const isNullNow = (one, other) => /^,? or null$/.test(other.type.replace(one.type, ''));

/** What has another type, or more or fewer values. */
const others = (one, other) =>
  [...other].flatMap(([name, { type, values }]) => {
    const before = one.get(name);
    if (!before || isNullNow(before, { type })) return [];
    if (before.type !== type) return [`\`${name}\` is ${type || 'anything'}; it was ${before.type || 'anything'}.`];
    const more = values.filter((value) => !before.values.includes(value));
    const fewer = before.values.filter((value) => !values.includes(value));
    if (before.values.length === 0 || values.length === 0) return [];
    return [
      sentence(`\`${name}\` may be`, more.map(String)),
      sentence(`\`${name}\` is no more`, fewer.map(String)),
    ].filter(Boolean);
  });

/** What an operation takes, by name: parameters as they are called, and what is in the body. */
function takesOf({ contract, operation: { params, body } }) {
  const named = params.map(({ name, schema, required = false }) => [name, aboutOf(contract, schema, required)]);
  const inside = Object.values(body?.content ?? {}).flatMap(({ schema }) => fieldsIn(contract, schema));
  return new Map([...inside, ...named]);
}

/** What is in its answers of success. */
const givesOf = ({ contract, operation: { answers } }) =>
  new Map(
    answers
      .filter((one) => !isRefusal(one))
      .flatMap(({ content = {} }) => Object.values(content).flatMap(({ schema }) => fieldsIn(contract, schema))),
  );

const aboutOf = (contract, schema, required) => ({
  required,
  type: typeOf(contract, schema),
  values: limitsOf(contract, schema).values ?? [],
});

/** The fields of a schema and of what is in it: `data[].id`. */
function fieldsIn(contract, node = {}, above = '', way = []) {
  const { schema, ref } = insideOf(contract, node);
  if (way.length >= deepest || (ref && way.includes(ref))) return [];
  const below = [...way, ref ?? ''];
  const own = fieldsOf(contract, schema).flatMap(({ name, required, schema: inside }) => {
    const about = aboutOf(contract, inside, required);
    const called = above + name;
    return [
      [called, about],
      ...fieldsIn(contract, inside, `${called}${/^list of/.test(about.type) ? '[]' : ''}.`, below),
    ];
  });
  return [...own, ...choicesOf(contract, schema).flatMap((choice) => fieldsIn(contract, choice.schema, above, below))];
}
