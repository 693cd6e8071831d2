import { cosine, largest, normalize } from "../model.js";
import { box, show, slider, stripe, table, tag } from "../draw.js";

const PLACES = { "true true": "attention and pooling", "true false": "attention alone", "false true": "pooling alone", "false false": "neither" };

export default {
  title: "Mask",
  says: "Programs run many texts at once, and fill the short ones up with [PAD]. The mask says which tokens are real, and it is needed in two places: forget one, and the same text gets a different vector. (Tried out here alone; the path above keeps its mask.)",
  notebook: [["04", "04_masking"]],
  view({ state, change, ask, oneAtATime }) {
    const shown = tag("div");
    let done = null;
    const draw = ({ text, pieces, pooled }) => {
      if (!done || done.text !== text || done.pads !== state.pads) return;
      const vectors = Object.fromEntries(Object.entries(done.pooled).map(([key, vector]) => [key, normalize(vector)]));
      const right = normalize(pooled.mean), most = largest(right), now = `${state.inAttention} ${state.inPooling}`;
      const row = key => [key === now ? tag("strong", {}, `▸ ${PLACES[key]}`) : PLACES[key], stripe(vectors[key], `The vector with the mask in ${PLACES[key]}`, most), show(cosine(vectors[key], right), 4)];
      const off = cosine(vectors[now], right);
      shown.replaceChildren(
        tag("ul", { class: "chips small" }, ...pieces.map(piece => tag("li", { class: "chip" }, tag("code", {}, piece))), ...Array.from({ length: state.pads }, () => tag("li", { class: `chip pad ${state.inAttention && state.inPooling ? "" : "seen"}` }, "[PAD]"))),
        tag("p", { class: "said", role: "status" }, `Mask in ${PLACES[now]}, ${state.pads} pads: cosine ${show(off, 4)} with the right vector.`, off > 0.99999 && state.pads ? " The pads change nothing." : ""),
        table(["the mask is used in", "the vector", "cosine with the right one"], Object.keys(PLACES).map(row), { named: true }));
    };
    let made = null;
    const fetch = oneAtATime(async () => {
      const { text } = made, { pads } = state;
      if (done?.text === text && done.pads === pads) return;
      done = { text, pads, ...await ask("mask", { text, pads }) };
      draw(made);
    });
    const update = now => {
      if (!now.pooled) return;
      draw(made = now);
      return fetch();
    };
    const controls = tag("div", { class: "controls" }, slider("pads", state.pads, [0, 64], pads => change({ pads })),
      box("mask in attention", state.inAttention, inAttention => change({ inAttention })), box("mask in pooling", state.inPooling, inPooling => change({ inPooling })));
    return { controls, shown, update };
  },
};
