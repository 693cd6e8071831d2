// Another program's vector: what would have to be done differently to get exactly these numbers?
import { D, POOLINGS, gap, normalize } from "./model.js";

const LIMITS = [512, 128, 64, 32], WIDTHS = [16, 32, 64, 128, 256];     // cut at; padded to

// The ways to treat a text before the model, the model's own first: [cause, ids, padded to]
export function* ways(tokenizer, text, prefixes) {
  const own = tokenizer.encode(text).ids, seen = new Set();
  const all = function* () {
    yield ["", own];
    yield ["capital letters and accents kept", tokenizer.encode(text, { lower: false }).ids];
    yield ["no special tokens", tokenizer.encode(text, { special: false }).ids];
    for (const limit of LIMITS) yield [`cut at ${limit} tokens`, tokenizer.encode(text, { limit }).ids];
    for (const prefix of prefixes) yield [`“${prefix.trim()}” in front of the text`, tokenizer.encode(prefix + text).ids];
  };
  for (const [cause, ids] of all()) {
    if (ids.length && !seen.has(`${ids}`)) yield [cause, ids, ids.length];
    seen.add(`${ids}`);
  }
  for (const width of WIDTHS.filter(width => width > own.length)) yield [`padded to ${width} tokens`, own, width];
}

// -> {cause, pooling, normalized, off} of the first way that gives the numbers, to `step`; or {tried}
export async function causes(tokenizer, encode, text, numbers, step, prefixes, told = () => {}) {
  let tried = 0;
  for (const [cause, ids, width] of ways(tokenizer, text, prefixes)) {
    const padded = [...ids, ...Array(width - ids.length).fill(0)];
    const real = padded.map((_, t) => (t < ids.length ? 1 : 0)), every = padded.map(() => 1);
    const masks = width > ids.length
      ? [[every, every, ", the mask forgotten"], [every, real, ", the mask forgotten in attention"],
        [real, every, ", the mask forgotten in pooling"]] : [[every, every, ""]];
    let known = null, states = null;
    for (const [attended, pooled, where] of masks) {
      if (attended !== known) ({ states } = await encode(padded, known = attended));
      for (const pooling in POOLINGS) for (const normalized of [true, false]) {
        const vector = POOLINGS[pooling](states.at(-1), pooled), mine = normalized ? normalize(vector) : vector;
        const off = gap(mine, numbers);
        if (off <= step + 2e-6 * Math.max(1, ...mine.map(Math.abs)))
          return { cause: cause + where, pooling, normalized, off, tried };
        tried++;
      }
    }
    told(tried);
  }
  return { tried };
}

// What somebody pasted -> {numbers, step}: step is half a unit of the last decimal place that is given
// (by the number with the most: many programs leave a 0 at the end out).
// Of a server's answer the first list of numbers.
export function parse(pasted) {
  const list = pasted.match(/\[\s*[-+.\d][^[\]]*\]/)?.[0] ?? pasted;
  const written = list.split(/[\s,;[\]()]+/).filter(Boolean), numbers = written.map(Number);
  const word = written.find((_, i) => Number.isNaN(numbers[i]));
  if (word) throw new Error(`“${word.slice(0, 20)}” is no number. Paste the numbers alone, or a server's whole answer.`);
  if (numbers.length !== D) throw new Error(`These are ${numbers.length} numbers; this model's vectors have ${D}.`);
  if (!numbers.every(Number.isFinite)) throw new Error("A number without end is no part of a vector.");
  if (!numbers.some(Boolean)) throw new Error("All of these are 0: no program makes that of a text.");
  return { numbers, step: Math.min(...written.map(unit)) / 2 };
}

// The value of 1 in the last decimal place: 0.12 -> 0.01, 1e-05 -> 0.00001
function unit(written) {
  const [digits, exponent = 0] = written.toLowerCase().split("e");
  return 10 ** (Number(exponent) - (digits.split(".")[1] ?? "").length);
}
