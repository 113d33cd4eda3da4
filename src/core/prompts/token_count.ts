/**
 * How many tokens a text takes, about: models count in their own ways, and this is rather too much than too little. A character
 * of Chinese, Japanese or Korean is one; of other scripts beyond Latin two are one; and of Latin three.
 */
export function tokensOf(text: string): number {
  const dense = text.match(cjk)?.length ?? 0;
  const wide = text.match(other)?.length ?? 0;
  return Math.ceil(dense + wide / 2 + (text.length - dense - wide) / 3);
}

const cjk = /[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]/g;
const other = /[\u0250-\u10ff\u1200-\u1fff\ua4d0-\uabff\ud800-\udfff]/g;

/** The beginning of a text that takes so many tokens at most; never half of a pair of surrogates. */
export function cutTo(text: string, tokens: number): string {
  if (tokensOf(text) <= tokens) return text;
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (tokensOf(text.slice(0, middle)) <= tokens) least = middle;
    else most = middle - 1;
  }
  return text.slice(0, least).replace(/[\ud800-\udbff]$/, '');
}
