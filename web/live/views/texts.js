import { dot } from "../model.js";
import { share, show, table, tag } from "../draw.js";

const OTHERS = { second: "Second text", third: "Third text", fourth: "Fourth text" };

export default {
  title: "Two texts",
  says: "The cosine of two vectors says how alike the model finds two texts. One number alone says little: hold it against pairs that you know.",
  notebook: [["01", "01_black_box"]],
  view(app) {
    const { state, change, ask, oneAtATime } = app;
    const shown = tag("div"), made = new Map();         // text -> its vector
    let now = null;
    const fields = Object.entries(OTHERS).map(([key, label]) => tag("label", { class: "field" }, label, tag("input", { type: "text", value: state[key], oninput: event => change({ [key]: event.target.value }) })));
    const compare = oneAtATime(async () => {
      const { pooling } = state, all = [now.text, state.second, state.third, state.fourth].filter(Boolean), lacking = all.filter(one => !made.has(`${pooling} ${one}`));
      if (lacking.length) (await ask("vectors", { texts: lacking, pooling })).made.forEach((vector, i) => made.set(`${pooling} ${lacking[i]}`, vector));
      const vectors = all.map(one => made.get(`${pooling} ${one}`));
      shown.replaceChildren(table(["cosine", ...all], all.map((one, i) => [one, ...vectors.map(other => share(dot(vectors[i], other)))]), { named: true }),
        app.known && vectors.length > 1 && pooling === "mean" ? ruler(app.known.ruler, dot(vectors[0], vectors[1]))
          : pooling === "mean" ? "" : `These are vectors pooled with ${pooling}, which the model was not trained for: no known pairs to hold them against.`);
    });
    const update = one => {
      if (!one.pooled) return;
      now = one;
      return compare();
    };
    return { controls: tag("div", { class: "fields" }, ...fields), shown, update };
  },
};

// The cosines of known pairs, and where this pair stands
function ruler(kinds, value) {
  const x = cosine => 150 + 540 * Math.max(0, cosine), rows = Object.entries(kinds), high = 36 + rows.length * 30;
  const drawing = tag("svg", { class: "ruler", viewBox: `0 0 720 ${high}`, role: "img", "aria-label": `Your first two texts: ${show(value)}. ${rows.map(([kind, cosines]) => `${kind}: ${show(Math.min(...cosines))} to ${show(Math.max(...cosines))}`).join("; ")}.` });
  rows.forEach(([kind, cosines], i) => {
    const y = 30 + i * 30;
    drawing.append(tag("text", { x: "140", y: `${y + 5}`, "text-anchor": "end" }, kind), tag("line", { x1: `${x(0)}`, x2: `${x(1)}`, y1: `${y}`, y2: `${y}` }));
    for (const cosine of cosines) drawing.append(tag("circle", { cx: `${x(cosine)}`, cy: `${y}`, r: "5" }));
  });
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) drawing.append(tag("text", { x: `${x(tick)}`, y: `${high - 2}`, "text-anchor": "middle" }, `${tick}`));
  drawing.append(tag("line", { class: "here", x1: `${x(value)}`, x2: `${x(value)}`, y1: "18", y2: `${high - 14}` }), tag("text", { class: "here", x: `${x(value)}`, y: "12", "text-anchor": "middle" }, `yours ${show(value)}`));
  return tag("figure", {}, tag("figcaption", {}, "Twelve sentences, each held against itself in other words, with a “not” or a “now” put in, with a typo, and against the other eleven. Each dot is one pair; the line is your first two texts. A sentence and its denial are nearer than a sentence and its own meaning in other words."), drawing);
}
