import pluralize from 'pluralize';

export const pascal = (name) => name.replace(/(?:^|_)(.)/g, (_all, letter) => letter.toUpperCase());
export const camel = (name) => name.replace(/_(.)/g, (_all, letter) => letter.toUpperCase());
const kebab = (name) => name.replaceAll('_', '-');
const words = (name) => name.replaceAll('_', ' ');

/**
 * Every form of a name that somebody's file needs.
 * @param {string} singular in snake_case, as `magic_sword`
 */
export function namesOf(singular) {
  const plural = pluralize.plural(singular);
  return {
    singular,
    plural,
    /** The singular of the plural: another one where `singular` is none. */
    back: pluralize.singular(plural),
    camel: camel(singular),
    camels: camel(plural),
    type: pascal(singular),
    types: pascal(plural),
    path: kebab(plural),
    word: words(singular),
    words: words(plural),
    a: `${/^([aeio]|u(?!ni|se))/.test(singular) ? 'an' : 'a'} ${words(singular)}`,
  };
}

const list = (text) => new Set(text.trim().split(/\s+/));

const javascript = list(`
  abstract arguments as async await break case catch class const continue debugger default delete do else enum eval export
  extends false finally for from function get if implements import in instanceof interface let new null of package private
  protected public return set static super switch this throw true try type typeof undefined var void while with yield`);

/** What Postgres takes neither for a column nor for a table without quotes. */
const sql = list(`
  all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time
  current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
  full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
  localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning
  right select session_user similar some symmetric system_user table tablesample then to trailing true union unique user
  using variadic verbose when where window with`);

/** What an address may not hold, by our own rules for contracts. */
const verbs = list('get put post delete patch head options trace');
/** Types of every endpoint's own file. */
const imported = list('Context Endpoint Failure Partial Pick');
/** Every row has these, or an envelope means something by them. */
const ours = list('id public_id account_id created_at updated_at rows skip');

/** Why a thing cannot be called so; undefined where it can. */
export function resourceWords({ singular, plural, camel: one, camels, type }) {
  const said = (set, what, ...names) => {
    const name = names.find((candidate) => set.has(candidate));
    return name && `${name} is a word of ${what}`;
  };
  return (
    said(javascript, 'TypeScript', one, camels) ??
    said(sql, 'SQL', singular, plural) ??
    said(verbs, 'HTTP', ...plural.split('_')) ??
    said(imported, 'every endpoint', type) ??
    (singular === 'error' ? 'an answer with the key error is an error' : undefined)
  );
}

/** Why a field cannot be called so; undefined where it can. */
export function fieldWords(name) {
  if (ours.has(name)) return `${name} is ours`;
  if (camel(name) in {}) return 'every object has it';
  return sql.has(name) ? `${name} is a word of SQL` : undefined;
}
