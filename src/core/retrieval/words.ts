/** Han, Hiragana, Katakana and Hangul: scripts that put no blanks between words, or several to a word. */
const cjk = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}ー々〆';
const run = new RegExp(`[${cjk}]+|[\\p{L}\\p{N}\\p{M}]+`, 'gu');
const isCjk = new RegExp(`^[${cjk}]`, 'u');
/** Within what is no run of CJK: where it turns into one, it ends. */
const mixed = new RegExp(`[${cjk}]+|[^${cjk}]+`, 'gu');

/** What Chinese and Japanese questions are made with, and no answer has to have: the stop words of a question. */
const asking =
  /為什麼|为什么|什麼|什么|甚麼|怎麼樣|怎么样|怎樣|怎样|怎麼|怎么|如何|哪裡|哪里|哪些|哪個|哪个|哪一|多少|是否|請問|请问|可以|能不能|是不是|有沒有|有没有|幾個|几个|嗎|吗|呢|どうやって|どうすれば|どのように|ですか|ますか|なぜ|どこ|なに|何/gu;

/**
 * A text as Postgres is to index it: words in lower case between blanks, and of each run of CJK its pairs of neighbours
 * (高鐵票價: 高鐵 鐵票 票價), then its last character. That one lets a search for a single character find all by their beginnings.
 */
export function wordsOf(text: string): string[] {
  return pieces(text).flatMap((piece) => (isCjk.test(piece) ? [...pairs(piece), ...[...piece].slice(-1)] : [piece]));
}

/** A word of a question; `isStart`: whatever begins with it will do. */
export interface Asked {
  word: string;
  isStart: boolean;
}

/** The words of a question, each once and at most 64: its pairs where it is CJK, and no words that only ask. */
export function askedWords(question: string): Asked[] {
  const plain = question.normalize('NFKC');
  // A question that only asks is taken at its word.
  const told = pieces(plain.replace(asking, ' '));
  const words = (told.length > 0 ? told : pieces(plain)).flatMap((piece) => {
    if (!isCjk.test(piece)) return [{ word: piece, isStart: false }];
    const chars = [...piece];
    return chars.length === 1
      ? [{ word: piece, isStart: true }]
      : pairs(piece).map((word) => ({ word, isStart: false }));
  });
  return [...new Map(words.map((one) => [one.word, one])).values()].slice(0, 64);
}

function pieces(text: string): string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  return (plain.match(run) ?? []).flatMap((piece) => piece.match(mixed) ?? []).map((piece) => piece.slice(0, 200));
}

function pairs(piece: string): string[] {
  const chars = [...piece];
  return chars.slice(1).map((char, index) => `${chars[index]}${char}`);
}
