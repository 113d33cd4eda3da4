/**
 * How the index is made and read: both must be the same. The text itself is looked through and not kept.
 * @type {import("minisearch").Options}
 */
export const searchOptions = {
  fields: ['title', 'place', 'text'],
  storeFields: ['title', 'place'],
  searchOptions: {
    boost: { title: 6, place: 2 },
    prefix: true,
    fuzzy: (/** @type {string} */ term) => (term.length > 4 ? 0.2 : false),
    combineWith: 'AND',
    // A page before a part of one; what is about today before what was.
    boostDocument: (/** @type {string} */ id) =>
      (id.includes('#') ? 1 : 1.5) * (/^(decisions|changelog)/.test(id) ? 0.5 : 1),
  },
  // `createKey` is found by create and by key, `manage-api-keys` by each of its words.
  tokenize: (/** @type {string} */ text) =>
    text
      .replace(/([a-z\d])([A-Z])/g, '$1 $2')
      .split(/[^\p{L}\p{N}_]+/u)
      .flatMap((word) => (word.includes('_') ? [word, ...word.split('_')] : [word]))
      .filter(Boolean),
};
