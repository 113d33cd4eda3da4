/**
 * How the index is made and read: both must be the same. The text itself is looked through and not kept.
 * @type {import("minisearch").Options}
 */
export const searchOptions = {
  fields: ['title', 'call', 'place', 'text'],
  storeFields: ['title', 'place'],
  searchOptions: {
    boost: { title: 6, call: 4, place: 2 },
    prefix: true,
    combineWith: 'AND',
    // A page before a part of one, what a reader does before what is sent to others; what is about today before what was.
    boostDocument: (/** @type {string} */ id, term, stored) =>
      (fold(String(stored?.title)) === term ? 2 : 1) *
      (id.includes('#') ? 1 : 1.5) *
      (/^(decisions|changelog|compat)|\/webhooks\/\w+_\w+$/.test(id) ? 0.5 : 1) *
      (/^guides\/[\w-]+$/.test(id) ? 1.3 : 1),
  },
  tokenize: words,
  processTerm: fold,
};

/** `Key` and `keys` are one word. */
function fold(/** @type {string} */ word) {
  return word.toLowerCase().replace(/(?<=\p{L}{2}[^su])s$/u, '');
}

/** `createKey` is found as it stands, by create and by key; `manage-api-keys` by each of its words; 知識庫 by any two signs of it. */
function words(/** @type {string} */ text) {
  return text
    .split(/[^\p{L}\p{N}_]+/u)
    .filter(Boolean)
    .flatMap((word) => {
      if (/\p{Script=Han}/u.test(word)) return pairs(word);
      const parts = word.split(/_|(?<=[a-z\d])(?=[A-Z])/).filter(Boolean);
      return parts.length > 1 ? [word, ...parts] : [word];
    });
}

/** Signs in pairs, as there are no spaces between words. */
function pairs(/** @type {string} */ word) {
  const signs = [...word];
  return signs.length < 3 ? [word] : signs.slice(1).map((sign, at) => signs[at] + sign);
}
