// Computes beside the page, so that typing never waits. It is sent {job, number, ...} and answers
// {number, done or failed}; unasked it says {loaded, of} in bytes, and {ready}.
import { Memory } from "./memory.js";
import { Model, POOLINGS, normalize } from "./model.js";
import { causes } from "./causes.js";
import { Tokenizer } from "./tokenizer.js";
import { Weights } from "./weights.js";

let loaded = 0, ready = false, looking = 0;
const memory = new Memory();
const weights = new Weights(memory, bytes => ready || postMessage({ loaded: loaded += bytes, of: weights.manifest.encoder }));

// -> a function that does `work` once, and again only if it has failed
function once(work) {
  let done = null;
  return () => done ??= work().catch(error => { done = null; throw error; });
}
const open = once(() => weights.open());
const tokenizer = once(async () => new Tokenizer((await (await open()).text("vocabulary.txt")).split("\n"), { limit: weights.manifest.limit }));
const model = once(async () => {                        // the words first: they show while the rest comes
  await tokenizer();
  await memory.open(await weights.bytes("four.wasm"));
  for (const file of Object.keys(weights.manifest.tables)) await weights.load(file);
  postMessage({ ready: ready = true });
  if (navigator.onLine) weights.tidy();
  return new Model(memory, name => weights.tables.get(name), id => weights.word(id));
});

const ones = ids => ids.map(() => 1);
async function encode(ids, mask = ones(ids)) {
  const [whole] = await Promise.all([model(), open().then(() => weights.words(ids))]);
  return whole.encode(ids, mask);
}

const JOBS = {
  async tokens({ text }) {
    return (await tokenizer()).encode(text);
  },

  async run({ text }) {
    const made = (await tokenizer()).encode(text), { states, shares } = await encode(made.ids), pooled = {};
    for (const name in POOLINGS) pooled[name] = POOLINGS[name](states.at(-1), ones(made.ids));
    return { text, ...made, states, shares, pooled };
  },

  // The mask in attention, in pooling, in both, in neither: the mean of each
  async mask({ text, pads }) {
    const { ids } = (await tokenizer()).encode(text), padded = [...ids, ...Array(pads).fill(0)];
    const mask = padded.map((_, t) => (t < ids.length ? 1 : 0)), pooled = {};
    for (const attention of [true, false]) {
      const { states } = await encode(padded, attention ? mask : ones(padded));
      for (const pooling of [true, false])
        pooled[`${attention} ${pooling}`] = POOLINGS.mean(states.at(-1), pooling ? mask : ones(padded));
    }
    return { pooled };
  },

  async vectors({ texts, pooling }) {
    const made = [];
    for (const text of texts) {
      const { ids } = (await tokenizer()).encode(text), { states } = await encode(ids);
      made.push(normalize(POOLINGS[pooling](states.at(-1), ones(ids))));
    }
    return { made };
  },

  async passages({ pooling }) {
    return { stored: await (await open()).floats(`passages-${pooling}.bin`) };
  },

  async known() {
    return JSON.parse(await (await open()).text("known.json"));
  },

  // Which of the ways to go wrong gives these numbers? Between two ways it lets other jobs through
  async causes({ text, numbers, steps, prefixes, number }) {
    looking = number;
    const told = async tried => {
      postMessage({ number, tried });
      await new Promise(done => setTimeout(done));
      return looking === number;
    };
    return { found: await causes(await tokenizer(), encode, text, numbers, steps, prefixes, told) };
  },
};

onmessage = async ({ data }) => {
  try {
    postMessage({ number: data.number, done: await JOBS[data.job](data) });
  } catch (error) {
    postMessage({ number: data.number, failed: error.message });
  }
};
