/** What differs from one answer to the next, by its form; what is left is the same each time. */
const forms: [RegExp, string | ((all: string) => string)][] = [
  [/^[\w-]{43}$/g, '<token>'],
  [/^v1\.[\w-]{20,}$/g, '<token>'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>'],
  [/\b(mgp_|lks_)[\da-f]{40}\b/g, '$1<key>'],
  [/\b(mgp_)[\da-f]{8}\.\.\./g, '$1<beginning>...'],
  [/\bpipeline_sk_[\w-]{32}(?![\w-])/g, 'pipeline_sk_<key>'],
  [/\bpipeline_sk_[\w-]{4}\.\.\./g, 'pipeline_sk_<beginning>...'],
  [/\b(whsec_)[\w+/]+=*/g, '$1<secret>'],
  [/\b(inv_|res_|fst_)[\w-]{32,43}(?![\w-])/g, '$1<code>'],
  [/\b([a-z]+(?:_[a-z]+)*_)[\da-f]{32}\b/g, '$1<id>'],
  [/\bpipeline_files\/[\da-f]{2}\/[\da-f]{2}\//g, 'pipeline_files/<folders>/'],
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, '<uuid>'],
  [/\bmgp_[\da-f]{4}\b/g, 'mgp_<beginning>'],
  [/\b[B-Z]{4}-[B-Z]{4}\b/g, '<code>'],
  [/\b\d{1,3}(\.\d{1,3}){3}\b(?![/.:])/g, '<address>'],
  [/\b[\da-f]{64}\b/g, '<sha256>'],
  [/\b[\da-f]{32}\b/g, '<hex>'],
  // As it is written: `T` or a space, with how many digits, in which zone.
  [
    /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g,
    (time) => time.replace(/\.\d+(?=\+)/, '').replaceAll(/\d/g, '9'),
  ],
  [/\b\d{8}T\d{6}(_\d+)?Z?\b/g, '<time>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<day>'],
  [/\b\d{13}\b/g, '<milliseconds>'],
  [/(signature=)[\w-]+/g, '$1<signature>'],
  [/(expires=)\d+/g, '$1<time>'],
  [/\/\d{10}-[\w-]+\//g, '/<pass>/'],
  [/http:\/\/(localhost|127\.0\.0\.1):\d+/g, 'http://<here>'],
];

/** A text with a word in the place of each part that varies. */
export const unvaried = (text: string) =>
  forms.reduce((left, [form, word]) => left.replaceAll(form, word as string), text);

/** Numbers that a database or a clock gives, and what counts how much there is. */
const counted =
  /^(id|sequence|checked|line|ms|iat|queue_position|server_process_id|modified_timestamp|latest_at|last_used|count|total|total_\w+|size|filesCount|run_count|ended|keys|today|yesterday|failed_today|requests|refusals|active|most|running|p50|p99|remaining|score)$|_id$|_ms$|_at$|(^|_)time(stamp)?$/;
/** What depends on who asks, from where and when, whatever it is. */
const free = /^(user_agent|address|next|previous|policy|from_here|metadata\.next|x-amz-\w+)$/;

/**
 * Where an answer is not as documented: each place with what stands there. Texts may differ in what varies by its form, numbers that a
 * database or a clock gives in their value; everything else is the same, and no field is missing or too much.
 */
export function unlike(documented: unknown, answered: unknown, at = ''): string[] {
  const both = [documented, answered].map((value) => JSON.stringify(value)).join(' is answered as ');
  const here = [`${at || 'all'}: ${both}`];
  const name = at.replace(/^.*\./, '');
  if (free.test(name)) return [];
  if (Array.isArray(documented) && Array.isArray(answered)) return unlikeList(documented, answered, at) ?? here;
  if (isObject(documented) && isObject(answered)) {
    const names = [...new Set([...Object.keys(documented), ...Object.keys(answered)])];
    return names.flatMap((one) => {
      const below = at === '' ? one : `${at}.${one}`;
      if (!(one in answered)) return [`${below}: is not answered`];
      if (!(one in documented)) return [`${below}: is not documented: ${JSON.stringify(answered[one])}`];
      return unlike(documented[one], answered[one], below);
    });
  }
  if (typeof documented === 'string' && typeof answered === 'string')
    return isNumbered(name, documented, answered) || unvaried(documented) === unvaried(answered) ? [] : here;
  if (typeof documented === 'number' && typeof answered === 'number' && counted.test(name)) return [];
  return Object.is(documented, answered) ? [] : here;
}

/** Numbers that a database gives are texts on some wires. */
const isNumbered = (name: string, ...texts: string[]) => name === 'id' && texts.every((text) => /^\d+$/.test(text));

/** A list of things shows some of what is there; any other is the same list. */
function unlikeList(documented: unknown[], answered: unknown[], at: string): string[] | undefined {
  if (documented.length === 0 || !documented.every(isObject)) {
    if (documented.length !== answered.length) return undefined;
    return documented.flatMap((one, n) => unlike(one, answered[n], `${at}[${n}]`));
  }
  if (answered.length === 0) return undefined;
  return documented.flatMap((one, n) => {
    const all = answered.map((other) => unlike(one, other, `${at}[${n}]`));
    return all.sort((first, second) => first.length - second.length)[0] ?? [];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
