// Another program's vector: what would have to be done differently to get exactly these numbers?
import { D, POOLINGS, cosine, gap, largest, normalize } from "./model.js";

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

// -> {cause, pooling, normalized, off} of the first way that gives the numbers, each to within its step;
// else {tried, nearest}. told(tried) -> whether to go on
export async function causes(tokenizer, encode, text, numbers, steps, prefixes, told = () => true) {
  let tried = 0, nearest = { cosine: -1 };
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
        const way = { cause: cause + where, pooling, normalized, off: gap(mine, numbers), cosine: cosine(mine, numbers), tried };
        const rounding = 2e-6 * Math.max(1, largest(mine));
        if (mine.every((number, d) => Math.abs(number - numbers[d]) <= steps[d] + rounding)) return way;
        if (way.cosine > nearest.cosine + 1e-6) nearest = way;
        tried++;
      }
    }
    if (!await told(tried)) return { tried };
  }
  return { tried, nearest };
}

// What somebody pasted -> {numbers, steps}: steps are half a unit of the last place that each is given to.
// Of a server's answer it takes the first list of as many numbers as a vector has
export function parse(pasted) {
  const plain = pasted.replace(/np\.float(16|32|64)\(|\btensor\(|\barray\(/g, "");
  const lists = [...plain.matchAll(/\[\s*[-+.\d][^[\]]*\]/g)].map(([list]) => split(list));
  const written = lists.find(list => list.length === D) ?? lists[0] ?? split(plain), numbers = written.map(Number);
  const word = written.find((_, i) => Number.isNaN(numbers[i]));
  if (/"[\w+/]{1000,}=*"/.test(plain)) throw new Error("The vector is coded as base64: ask the server for encoding_format float.");
  if (word) throw new Error(`“${word.slice(0, 20)}” is not a number. Paste the numbers alone, or a server's whole answer.`);
  if (numbers.length !== D) throw new Error(`These are ${numbers.length} numbers; this model's vectors have ${D}.`);
  if (!numbers.every(Number.isFinite)) throw new Error("A number without end is no part of a vector.");
  if (!numbers.some(Boolean)) throw new Error("All of these are 0: no program makes that of a text.");
  return { numbers, steps: steps(written, numbers) };
}
const split = text => text.split(/[\s,;[\](){}]+/).filter(Boolean);

// A printer fixes the decimal places or the digits, and may leave zeros at the end out: so take the most of either
function steps(written, numbers) {
  const digits = Math.max(...written.map(one => one.split(/e/i)[0].replace(/^[-+]?0*\.?0*|\./g, "").length));
  const places = Math.max(...written.map(one => (one.split(/e/i)[0].split(".")[1] ?? "").length - Number(one.split(/e/i)[1] ?? 0)));
  return numbers.map(number => Math.max(10 ** -places, number && 10 ** (Math.floor(Math.log10(Math.abs(number))) + 1 - digits)) / 2);
}
