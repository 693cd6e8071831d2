// Text to pieces and ids, as notebook 02 tells it: BERT's own way, WordPiece.
const SPECIAL = /(\[PAD\]|\[UNK\]|\[CLS\]|\[SEP\]|\[MASK\])/;       // typed by hand, they count as such
const CONTROL = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\uFFFD]/u;
const CHINESE = /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B920}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/u;
const PUNCTUATION = /([!-/:-@[-`{-~]|\p{P})/u;
const LONGEST = 100;                                                // letters; a longer word is [UNK]

export class Tokenizer {
  // vocabulary: the pieces in the order of their ids
  constructor(vocabulary, { limit = 256 } = {}) {
    this.ids = new Map(vocabulary.map((piece, id) => [piece, id]));
    this.limit = limit;
  }

  // -> {pieces, ids, cut}: special tokens included; cut: the pieces beyond the limit
  encode(text, { limit = this.limit, special = true, lower = true } = {}) {
    const found = text.split(SPECIAL).flatMap((part, i) => (i % 2 ? [part]
      : words(part, lower).flatMap(word => this.split(word))));
    const room = limit - (special ? 2 : 0), kept = found.slice(0, room);
    const pieces = special ? ["[CLS]", ...kept, "[SEP]"] : kept;
    return { pieces, ids: pieces.map(piece => this.ids.get(piece)), cut: found.slice(room) };
  }

  // A word to pieces: the longest that the vocabulary has, then the longest of the rest ...
  split(word) {
    const letters = [...word], pieces = [];
    if (letters.length > LONGEST) return ["[UNK]"];
    for (let start = 0, end; start < letters.length; start = end) {
      const mark = start ? "##" : "";
      end = letters.length;
      while (end > start && !this.ids.has(mark + letters.slice(start, end).join(""))) end--;
      if (end === start) return ["[UNK]"];
      pieces.push(mark + letters.slice(start, end).join(""));
    }
    return pieces;
  }
}

// Words and signs: cleaned, each Chinese character apart, small letters, no accents.
function words(text, lower) {
  const clean = [...text].map(sign => {
    if (/[\t\n\r]/.test(sign)) return " ";
    if (CONTROL.test(sign)) return "";
    return /\s/u.test(sign) ? " " : CHINESE.test(sign) ? ` ${sign} ` : sign;
  }).join("");
  const plain = lower ? [...clean.normalize("NFD")].filter(sign => !/\p{Mn}/u.test(sign))
    .map(sign => sign.toLowerCase()).join("") : clean;              // one by one: no final sigma
  return plain.split(" ").flatMap(word => word.split(PUNCTUATION)).filter(Boolean);
}
